// Fingerprints of text.
#pragma once

#include <string>
#include <string_view>

namespace polly {

std::string sha256(std::string_view text);  // 64 hex digits, lower case

}  // namespace polly
