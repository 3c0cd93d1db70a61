// Points in time as people write them. A moment is wall clock, in ms since 1970; 0 stands for never.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly {

std::string format_moment(int64_t wall_ms);  // "2026-01-02 03:04:05Z"; "" for never

// When something ends that begins now: "30d" from now, "2027-01-31" (its first moment, UTC) or "2027-01-31 12:30:00Z".
// What has passed already is an error.
Result<int64_t> parse_expiry(std::string_view text, int64_t now);

}  // namespace polly
