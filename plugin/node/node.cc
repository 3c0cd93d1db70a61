#include "plugin/node/node.h"

#include "base/files.h"
#include "base/log.h"
#include "drivers/kit/mount.h"

namespace polly::node {

Node::Node(NodeOptions options, client::Coordinator& coordinator, Sessions& sessions, NodeHalves& halves, Clock& clock)
    : options_(std::move(options)),
      journal_(options_.state + "/journal"),
      lanes_(journal_),
      catalog_(options_.state + "/catalog.json"),
      findings_(options_.run + "/findings.json", clock),
      parts_{options_.identity, options_.limits, clock,     coordinator, sessions, halves, lanes_,
             catalog_,          admission_,      findings_, tasks_},
      releaser_(parts_),
      settler_(parts_, releaser_),
      recovery_(parts_, settler_, releaser_),
      usages_(parts_),
      volumes_(parts_, settler_, releaser_, usages_) {}

Status Node::load() {
  TRY_STATUS(files::make_directories(options_.state, 0700));
  TRY_STATUS(files::make_directories(options_.run));
  if (!options_.points.empty()) {
    TRY_STATUS(files::make_directories(options_.points));
    TRY_STATUS(drivers::kit::mount_points_in_memory(options_.points));
  }
  TRY_STATUS(files::make_directories(options_.identity.mounts));
  TRY_STATUS(catalog_.load());
  return recovery_.load(journal_);
}

void Node::start(Containers& containers) {
  recovery_.start();
  reconciler_ = std::make_unique<Reconciler>(parts_, settler_, containers);
  announcer_ = std::make_unique<Announcer>(parts_);
  feed_ = std::make_unique<CatalogFeed>(parts_.coordinator, catalog_, options_.limits.poll);
  keeper_ = std::make_unique<guard::Loop>([this] { return keep(); });
  ticker_ = std::make_unique<guard::Loop>([this] { return tick(); });
}

// Not with the rounds: an engine may take its time for those.
std::chrono::milliseconds Node::keep() {
  if (auto written = catalog_.persist(); !written)
    log::warn("cannot keep the record of volumes on file: {}", written.error().message);
  return std::chrono::seconds(1);
}

std::chrono::milliseconds Node::tick() {
  auto now = std::chrono::steady_clock::now();
  if (now >= next_round_) {
    recovery_.look_for_unexplained();
    reconciler_->round();
    usages_.look();
    lanes_.sweep();
    next_round_ = now + options_.limits.reconcile;
  }
  return std::chrono::seconds(1);
}

// Nothing here is needed for a later start to be right: a stop that is cut short is a crash, and crashes are recovered.
void Node::stop() {
  settler_.stop();
  if (ticker_) ticker_->stop();
  if (keeper_) keeper_->stop();
  if (announcer_) announcer_->stop();
  if (feed_) feed_->stop();
  releaser_.stop();
  tasks_.wait();
  if (auto written = catalog_.persist(); !written) log::warn("{}", written.error().message);
}

}  // namespace polly::node
