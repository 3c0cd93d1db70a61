#include "plugin/guard/loop.h"

namespace polly::guard {

Loop::Loop(std::function<std::chrono::milliseconds()> step) : step_(std::move(step)), thread_([this] { run(); }) {}

Loop::~Loop() {
  stop();
}

void Loop::wake() {
  Lock lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Loop::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Loop::run() {
  for (;;) {
    {
      Lock lock(mutex_);
      if (stopping_) return;
      woken_ = false;
    }
    auto next = std::chrono::steady_clock::now() + step_();
    Lock lock(mutex_);
    while (!woken_ && !stopping_ && changed_.wait_until(mutex_, next)) {
    }
  }
}

}  // namespace polly::guard
