// As much of UTF-8 as writing JSON and log lines needs.
#pragma once

#include <string_view>

namespace polly {

// Bytes of the character that starts the text, 0 when there is none in UTF-8 (cut short, overlong, a surrogate, over
// U+10FFFF).
size_t utf8_length(std::string_view text);

}  // namespace polly
