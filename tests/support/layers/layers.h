// Who may include whom. A text scan: what stands in an #include line counts, whether a compiler would see it or not.
#pragma once

#include <string>
#include <vector>

namespace polly::layers {

// One sentence for each line under root that breaks a rule: "core/a.cc:3 includes <mutex>, which core must not".
// Tests and whatever is no C++ are left alone; C++ in a folder without a rule is a violation.
std::vector<std::string> violations(const std::string& root);

// Symbols in `nm -C` output that an executable must not have, one a line; empty when the executable is clean.
std::vector<std::string> foreign_symbols(const std::string& executable_name, const std::string& nm_output);

}  // namespace polly::layers
