#include "swarm/operations/housekeeping.h"

#include "base/log.h"
#include "swarm/operations/mounts.h"
#include "swarm/operations/trash.h"

namespace polly::swarm {
namespace {

constexpr std::chrono::seconds interval{5};
constexpr int rounds_between_sweeps = 6;  // a sweep reads every volume

void forget_old(const Context& context) {
  constexpr size_t at_once = 64;
  while (true) {
    auto keys = context.state.stale_keys(now(context), at_once);
    if (!keys || keys->empty()) return;
    store::Edit edit;
    for (const auto& key : *keys) edit.drop_key(key);
    if (auto done = context.state.commit(edit); !done)
      return log::warn("cannot forget old events: {}", done.error().message);
  }
}

}  // namespace

Housekeeping::Housekeeping(const Context& context, Journal& journal, Sessions& sessions)
    : context_(context), journal_(journal), sessions_(sessions), thread_([this] { work(); }) {}

Housekeeping::~Housekeeping() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  stop_asked_.notify_all();
  thread_.join();
}

bool Housekeeping::pause() {
  auto until = std::chrono::steady_clock::now() + interval;
  Lock lock(mutex_);
  while (!stopping_ && stop_asked_.wait_until(mutex_, until)) {
  }
  return !stopping_;
}

void Housekeeping::work() {
  int round = 0;
  do {
    journal_.resume();
    if (round++ % rounds_between_sweeps == 0) sweep();
  } while (pause());
}

void Housekeeping::sweep() {
  auto nodes = sessions_.report();
  auto volumes = context_.state.volumes();
  if (!nodes) return log::error("cannot look after the nodes: {}", nodes.error().message);
  if (!volumes) return log::error("cannot look after the volumes: {}", volumes.error().message);
  for (const auto& report : *nodes) release_gone(context_, journal_, report.node.name, nullptr, *volumes);
  purge_expired(context_, journal_, *volumes);
  forget_old(context_);
}

}  // namespace polly::swarm
