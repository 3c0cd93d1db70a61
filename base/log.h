// Log lines on stderr, by spdlog: one event a line, `key=value` for what machines look for.
//     log::info("mounted volume={} node={} epoch={}", name, node, epoch);
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/result.h"

namespace polly::log {

enum class Level { debug, info, warn, error };

void set_program(std::string_view name);  // stands in each line
Status set_level(std::string_view name);  // debug, info, warn, error
bool enabled(Level level);
void write(Level level, std::string_view message);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace polly::log
