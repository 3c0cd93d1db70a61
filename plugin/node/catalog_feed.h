// Follows the coordinator's feed of volumes into the catalog, by long polls on one thread.
#pragma once

#include "plugin/guard/loop.h"
#include "plugin/node/catalog.h"

namespace polly::node {

class CatalogFeed {
 public:
  CatalogFeed(client::Coordinator& coordinator, Catalog& catalog, std::chrono::milliseconds poll);
  void stop() { loop_.stop(); }  // waits for the poll under way

 private:
  std::chrono::milliseconds step();

  client::Coordinator& coordinator_;
  Catalog& catalog_;
  const std::chrono::milliseconds poll_;
  uint64_t since_ = 0;  // the loop's alone, like the next two. From 0 at each start: then the record heals by itself
  bool away_ = false;
  guard::Backoff backoff_{std::chrono::milliseconds(200), std::chrono::seconds(5)};
  guard::Loop loop_;
};

}  // namespace polly::node
