#include "core/model/size.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace polly {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr uint64_t kib = 1024, kb = 1000;
constexpr std::array<Unit, 14> size_units = {{
    {"", 1},
    {"B", 1},
    {"K", kib},
    {"KiB", kib},
    {"KB", kb},
    {"M", kib* kib},
    {"MiB", kib* kib},
    {"MB", kb* kb},
    {"G", kib* kib* kib},
    {"GiB", kib* kib* kib},
    {"GB", kb* kb* kb},
    {"T", kib* kib* kib* kib},
    {"TiB", kib* kib* kib* kib},
    {"TB", kb* kb* kb* kb},
}};

constexpr std::array<Unit, 5> time_units = {{
    {"ms", 1},
    {"s", 1000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_letters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

// A whole number and one of the units; nothing when it is not that, or does not fit `limit`.
template <size_t N>
std::optional<uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units, uint64_t limit) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  auto suffix = text.substr(static_cast<size_t>(end - text.data()));
  if (!suffix.empty() && suffix[0] == ' ') suffix.remove_prefix(1);
  for (const auto& unit : units) {
    if (!same_letters(unit.name, suffix)) continue;
    if (number > limit / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  auto size = parse_with_unit(text, size_units, uint64_t{1} << 62);
  if (size) return *size;
  return fail(Code::invalid, "'{}' is no size; write a whole number and a unit, such as 512M, 10G or 2TiB",
              text.substr(0, 40));
}

std::string format_size(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> names = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  auto value = static_cast<double>(bytes);
  // 1023.95 and more would be written as 1024.0.
  while (value >= (unit == 0 ? 1024 : 1023.95) && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  bool whole = value == static_cast<double>(static_cast<uint64_t>(value));
  return whole ? fmt::format("{} {}", static_cast<uint64_t>(value), names[unit])
               : fmt::format("{:.1f} {}", value, names[unit]);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto duration = parse_with_unit(text, time_units, uint64_t{1} << 52);
  if (duration) return std::chrono::milliseconds(*duration);
  return fail(Code::invalid, "'{}' is no time; write a whole number and a unit, such as 30s, 15m, 12h or 7d",
              text.substr(0, 40));
}

std::string format_duration(std::chrono::milliseconds duration) {
  auto ms = static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count());
  if (ms < 1000) return fmt::format("{}ms", ms);
  uint64_t seconds = ms / 1000, minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
  if (minutes == 0) return fmt::format("{}s", seconds);
  if (hours == 0)
    return seconds % 60 == 0 ? fmt::format("{}m", minutes) : fmt::format("{}m {}s", minutes, seconds % 60);
  if (days == 0) return minutes % 60 == 0 ? fmt::format("{}h", hours) : fmt::format("{}h {}m", hours, minutes % 60);
  return hours % 24 == 0 ? fmt::format("{}d", days) : fmt::format("{}d {}h", days, hours % 24);
}

}  // namespace polly
