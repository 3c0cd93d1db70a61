// polly grant, revoke, grants
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

struct GrantWishes {
  std::string volume;
  std::string to;
  bool read_only = false;
  std::string expires;  // "30d", "2027-01-31"; "" for never
  bool pin = false;     // to the service's present id
};

Status grant(const Context& context, const GrantWishes& wishes);
Status revoke(const Context& context, const std::string& volume, const std::string& from);
Status list_grants(const Context& context, const std::string& volume);

}  // namespace polly::cli
