#include "base/http_workers.h"

#include <system_error>
#include <thread>

#include "base/log.h"

namespace polly::http {
namespace {

constexpr size_t kMaxWaiting = 64;
constexpr std::chrono::seconds kIdleTime{10};  // before a thread without a connection ends

}  // namespace

Workers::Workers(int max_threads, std::function<void(UniqueFd)> serve)
    : max_threads_(max_threads), serve_(std::move(serve)) {}

Workers::~Workers() {
  stop();
}

void Workers::take(UniqueFd connection) {
  Lock lock(mutex_);
  if (stopping_ || waiting_.size() >= kMaxWaiting + static_cast<size_t>(free_)) return;
  waiting_.push_back(std::move(connection));
  if (waiting_.size() > static_cast<size_t>(free_) && threads_ < max_threads_) {
    try {
      std::thread(&Workers::work, this).detach();  // stop() counts them instead of joining them
      ++threads_;
      ++free_;
    } catch (const std::system_error& e) {
      log::warn("http server cannot start a thread: {}", e.what());  // the connection waits for another one to end
    }
  }
  changed_.notify_one();
}

void Workers::stop() {
  Lock lock(mutex_);
  stopping_ = true;
  waiting_.clear();
  changed_.notify_all();
  while (threads_ > 0) changed_.wait(mutex_);
}

bool Workers::next(UniqueFd& connection) {
  Lock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + kIdleTime;
  bool in_time = true;
  while (waiting_.empty() && !stopping_ && in_time) in_time = changed_.wait_until(mutex_, deadline);
  --free_;
  if (!waiting_.empty()) {
    connection = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
  }
  --threads_;
  changed_.notify_all();  // under the lock: when stop() has seen the last thread go, this object may be gone
  return false;
}

void Workers::work() {
  for (UniqueFd connection; next(connection);) {
    serve_(std::move(connection));
    Lock lock(mutex_);
    ++free_;
  }
}

}  // namespace polly::http
