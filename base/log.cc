#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

#include "base/utf8.h"

namespace polly::log {
namespace {

constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};

// Time in UTC, level, program, message.
constexpr const char* kPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l {} %v";

spdlog::logger& logger() {
  // Never destroyed: threads may log while the process ends.
  static spdlog::logger* instance = [] {
    auto* made = new spdlog::logger("polly", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(fmt::format(kPattern, "polly"), spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

bool needs_escape(unsigned char c) {
  return c < 0x20 || c >= 0x7f;
}

// One event stays one line, whatever a program or a peer put into it.
std::string escaped(std::string_view message) {
  std::string out;
  for (size_t at = 0; at < message.size();) {
    const auto c = static_cast<unsigned char>(message[at]);
    const size_t length = c < 0x20 || c == 0x7f ? 0 : utf8_length(message.substr(at));
    if (length > 0) {
      out += message.substr(at, length);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += ' ';
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
    }
    at += length ? length : 1;
  }
  return out;
}

}  // namespace

void set_program(std::string_view name) {
  std::string pattern_name;
  for (char c : name) pattern_name += c == '%' ? '_' : c;
  logger().set_pattern(fmt::format(kPattern, pattern_name), spdlog::pattern_time_type::utc);
}

Status set_level(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      logger().set_level(kLevels[i]);
      return {};
    }
  }
  return fail(Code::invalid, "no log level is called '{}'; take debug, info, warn or error", name);
}

bool enabled(Level level) {
  return logger().should_log(kLevels[static_cast<size_t>(level)]);
}

void write(Level level, std::string_view message) {
  const bool plain = std::none_of(message.begin(), message.end(), needs_escape);
  const std::string kept = plain ? std::string() : escaped(message);
  const std::string_view line = plain ? message : std::string_view(kept);
  // As an argument: spdlog would read a lone text as the format.
  logger().log(kLevels[static_cast<size_t>(level)], "{}", line);
}

}  // namespace polly::log
