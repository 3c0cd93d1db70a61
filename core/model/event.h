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
  // Of what happens again and again, just so, one event is kept: how often, and when last (wall clock, ms).
  int64_t count = 1;
  int64_t last = 0;       // 0 where it happened once
  std::string refusal{};  // its id, of a mount that was refused: `polly explain` tells more
};

}  // namespace polly
