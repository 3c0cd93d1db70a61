// A time limit for calls that keep none of their own, such as the resolver's.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <system_error>
#include <thread>

#include "base/result.h"

namespace polly {

// What `call` answers, or `timeout` at the deadline. The call then goes on in a thread of its own, to nobody's notice:
// it must own what it uses, and end by itself. `exhausted`: no thread can be had.
template <class T>
Result<T> within(std::chrono::steady_clock::time_point deadline, std::function<Result<T>()> call) {
  std::promise<Result<T>> promise;
  auto answer = promise.get_future();
  try {
    std::thread([call = std::move(call), promise = std::move(promise)]() mutable {
      promise.set_value(call());
    }).detach();
  } catch (const std::system_error& error) {
    return fail(Code::exhausted, "cannot start a thread: {}", error.what());
  }
  if (answer.wait_until(deadline) != std::future_status::ready) return fail(Code::timeout, "no answer in time");
  return answer.get();
}

}  // namespace polly
