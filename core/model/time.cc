#include "core/model/time.h"

#include <charconv>
#include <chrono>
#include <optional>

#include "core/model/size.h"

namespace polly {
namespace {

using std::chrono::milliseconds;
using Days = std::chrono::sys_days;

// As many digits as asked for, then what is expected behind them.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}
  int take(size_t count) {
    int value = 0;
    const auto* end = rest_.data() + std::min(count, rest_.size());
    good_ = good_ && rest_.size() >= count && rest_[0] != '-' && std::from_chars(rest_.data(), end, value).ptr == end;
    rest_.remove_prefix(std::min(count, rest_.size()));
    return value;
  }
  void expect(std::string_view any_of) {
    good_ = good_ && !rest_.empty() && any_of.find(rest_[0]) != std::string_view::npos;
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
  }
  bool at_end() const { return rest_.empty(); }
  bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

std::optional<int64_t> parse_date(std::string_view text) {
  Digits digits(text);
  auto year = digits.take(4);
  digits.expect("-");
  auto month = digits.take(2);
  digits.expect("-");
  auto day = digits.take(2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  int hour = 0, minute = 0, second = 0;
  if (!digits.at_end()) {
    digits.expect(" T");
    hour = digits.take(2);
    digits.expect(":");
    minute = digits.take(2);
    digits.expect(":");
    second = digits.take(2);
    digits.expect("Z");
  }
  if (!digits.good() || !digits.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const auto moment =
      Days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  return milliseconds(moment.time_since_epoch()).count();
}

}  // namespace

std::string format_moment(int64_t wall_ms) {
  if (wall_ms == 0) return "";
  const std::chrono::sys_time<milliseconds> moment{milliseconds(wall_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(moment - day).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), seconds / 3600,
                     seconds / 60 % 60, seconds % 60);
}

Result<int64_t> parse_expiry(std::string_view text, int64_t now) {
  auto moment = parse_date(text);
  if (auto duration = parse_duration(text); !moment && duration) moment = now + duration->count();
  if (!moment)
    return fail(Code::invalid,
                "'{}' is no time to expire at; write how long, such as 30d or 12h, or a day (UTC) such as 2027-01-31",
                text.substr(0, 40));
  if (*moment <= now) return fail(Code::invalid, "'{}' has passed already", text.substr(0, 40));
  return *moment;
}

}  // namespace polly
