// Sizes and times as people write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly {

// "10G", "10GiB", "512M": powers of 1024, as Docker reads them; "10GB": powers of 1000; "4096": bytes.
Result<uint64_t> parse_size(std::string_view text);
std::string format_size(uint64_t bytes);  // "10 GiB", "1.5 GiB", "512 B"

// "30s", "15m", "12h", "7d", "250ms".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::milliseconds duration);  // "7d", "1h 5m", "12s"

}  // namespace polly
