#include "plugin/node/catalog_feed.h"

#include "base/log.h"

namespace polly::node {
CatalogFeed::CatalogFeed(client::Coordinator& coordinator, Catalog& catalog, std::chrono::milliseconds poll)
    : coordinator_(coordinator), catalog_(catalog), poll_(poll), loop_([this] { return step(); }) {}

std::chrono::milliseconds CatalogFeed::step() {
  auto began = std::chrono::steady_clock::now();
  auto feed = coordinator_.feed(since_, poll_);
  if (!feed) {
    if (!away_) log::warn("answering from the node's own record of volumes: {}", feed.error().message);
    away_ = true;
    since_ = 0;  // who answers next may have another history
    return backoff_.next();
  }
  if (away_) log::info("following the coordinator's volumes again");
  away_ = false;
  backoff_.reset();
  bool news = feed->reset || !feed->changed.empty() || !feed->removed.empty();
  since_ = feed->revision;
  catalog_.apply(*std::move(feed));
  // One that answers at once with nothing must not make this loop spin.
  bool at_once = std::chrono::steady_clock::now() - began < std::chrono::milliseconds(100);
  return std::chrono::milliseconds(!news && at_once ? 200 : 0);
}

}  // namespace polly::node
