#include "swarm/operations/housekeeping.h"

#include "base/log.h"
#include "swarm/operations/mounts.h"
#include "swarm/operations/trash.h"

namespace polly::swarm {
namespace {

constexpr std::chrono::seconds interval{5};
constexpr int64_t events_kept_ms = 30LL * 24 * 3600 * 1000;

void forget_old(const Context& context) {
  constexpr size_t at_once = 64;
  auto keys = context.state.stale_keys(now(context) - events_kept_ms, at_once);
  if (!keys || keys->empty()) return;
  store::Edit edit;
  for (const auto& key : *keys) edit.drop_key(key);
  if (auto done = context.state.commit(edit); !done)
    log::warn("cannot forget old events: {}", done.error().message);
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
  do {
    sweep();
  } while (pause());
}

void Housekeeping::sweep() {
  journal_.resume();
  auto nodes = sessions_.report();
  if (!nodes) return log::error("cannot look after the nodes: {}", nodes.error().message);
  for (const auto& report : *nodes)
    if (auto released = release_gone(context_, journal_, report.node, nullptr); !released)
      log::warn("cannot release what node={} held before its boot: {}", report.node.name, released.error().message);
  purge_expired(context_, journal_);
  forget_old(context_);
}

}  // namespace polly::swarm
