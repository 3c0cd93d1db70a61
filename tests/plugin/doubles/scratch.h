// A directory for one test, gone with it, and a way to wait for something to come true.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/files.h"

namespace polly::test {

class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/polly-test-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Scratch() { (void)files::remove_tree(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline bool eventually(const std::function<bool()>& true_yet,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  auto until = std::chrono::steady_clock::now() + limit;
  while (!true_yet()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class Stopwatch {
 public:
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace polly::test

// The value of a Result, or a failed test that says why.
#define ASSERT_OK(name, expression)                                                    \
  auto POLLY_JOIN(assert_, name) = (expression);                                       \
  ASSERT_TRUE(POLLY_JOIN(assert_, name)) << POLLY_JOIN(assert_, name).error().message; \
  [[maybe_unused]] auto& name = *POLLY_JOIN(assert_, name)
#define EXPECT_DONE(expression)                              \
  do {                                                       \
    auto expect_done = (expression);                         \
    EXPECT_TRUE(expect_done) << expect_done.error().message; \
  } while (false)
