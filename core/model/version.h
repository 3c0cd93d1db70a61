// Which Polly this is: what `polly version`, the coordinator and the plugin report.
#pragma once

#include <string_view>

namespace polly {

std::string_view version();  // "0.1.0", the project's in CMakeLists.txt

}  // namespace polly
