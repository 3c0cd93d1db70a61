#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace polly {
namespace {

Millis read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return Millis(int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000);
}

class SystemClock : public Clock {
 public:
  Millis boottime() const override { return read_clock(CLOCK_BOOTTIME); }
  Millis wall() const override { return read_clock(CLOCK_REALTIME); }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string iso8601(Millis wall) {
  int64_t millis = wall.count() % 1000;
  if (millis < 0) millis += 1000;
  const time_t seconds = (wall.count() - millis) / 1000;
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
}

}  // namespace polly
