// Time, as a thing that can be given to whoever needs it. Nothing in core asks for the time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace polly {

using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  // Since boot, also while the machine sleeps (CLOCK_BOOTTIME). For deadlines.
  virtual Millis boottime() const = 0;
  // Since 1970. For people and records, never for deadlines.
  virtual Millis wall() const = 0;
};

Clock& system_clock();

// A clock moved by hand, for tests.
class ManualClock : public Clock {
 public:
  Millis boottime() const override { return Millis(now_.load()); }
  Millis wall() const override { return Millis(now_.load()) + Millis(1'700'000'000'000); }
  void advance(Millis by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{0};
};

std::string iso8601(Millis wall);  // 2026-01-02T03:04:05.678Z

}  // namespace polly
