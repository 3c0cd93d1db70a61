#include "plugin/node/tasks.h"

#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"

namespace polly::node {
namespace {

constexpr std::chrono::seconds idle_time{10};  // of a thread, before it ends

}  // namespace

Tasks::~Tasks() {
  wait();
  Lock lock(state_->mutex);
  state_->ended = true;
  state_->more.notify_all();
}

bool Tasks::run(Work work) {
  Lock lock(state_->mutex);
  if (state_->running >= limit_) return false;
  ++state_->running;
  if (state_->idle > state_->waiting.size()) {
    state_->waiting.push_back(std::move(work));
    state_->more.notify_one();
    return true;
  }
  try {
    std::thread([state = state_, work = std::move(work)]() mutable { serve(state, std::move(work)); }).detach();
  } catch (const std::system_error& error) {
    log::error("cannot start a thread: {}", error.what());
    --state_->running;
    return false;
  }
  return true;
}

void Tasks::serve(const std::shared_ptr<State>& state, Work work) {
  while (work) {
    work();
    work = nullptr;  // before it counts as done: what it holds must be gone when wait() returns
    work = next(*state);
  }
}

// None when there was nothing to do for a while.
Tasks::Work Tasks::next(State& state) {
  auto deadline = std::chrono::steady_clock::now() + idle_time;
  Lock lock(state.mutex);
  if (--state.running == 0) state.none.notify_all();
  ++state.idle;
  while (state.waiting.empty() && !state.ended && state.more.wait_until(state.mutex, deadline)) {
  }
  --state.idle;
  if (state.waiting.empty()) return nullptr;
  Work work = std::move(state.waiting.front());
  state.waiting.pop_front();
  return work;
}

void Tasks::wait() {
  Lock lock(state_->mutex);
  while (state_->running > 0) state_->none.wait(state_->mutex);
}

}  // namespace polly::node
