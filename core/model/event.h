// One line of what happened, to what, by whom.
#pragma once

#include <cstdint>
#include <string>

namespace polly {

struct Event {
  std::string id;       // sorts by time
  int64_t at = 0;       // wall clock, ms
  std::string kind;     // "volume.created", "mount.refused"
  std::string subject;  // "volume notes"
  std::string by;
  std::string text;  // for people
};

}  // namespace polly
