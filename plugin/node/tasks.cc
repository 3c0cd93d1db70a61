#include "plugin/node/tasks.h"

#include <system_error>
#include <thread>

#include "base/log.h"

namespace polly::node {

bool Tasks::run(std::function<void()> work) {
  {
    Lock lock(state_->mutex);
    if (state_->running >= limit_) return false;
    ++state_->running;
  }
  auto done = [state = state_] {
    Lock lock(state->mutex);
    --state->running;
    state->changed.notify_all();
  };
  try {
    // The work goes before the count: what it holds must be gone when wait() returns.
    std::thread([work = std::move(work), done]() mutable {
      work();
      work = nullptr;
      done();
    }).detach();
  } catch (const std::system_error& error) {
    log::error("cannot start a thread: {}", error.what());
    done();
    return false;
  }
  return true;
}

void Tasks::wait() {
  Lock lock(state_->mutex);
  while (state_->running > 0) state_->changed.wait(state_->mutex);
}

}  // namespace polly::node
