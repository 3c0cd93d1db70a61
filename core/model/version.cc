#include "core/model/version.h"

namespace polly {

std::string_view version() {
  return POLLY_VERSION;
}

}  // namespace polly
