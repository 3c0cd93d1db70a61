// How a volume may be used at the same time, and by whom it may be written.
#pragma once

#include <string_view>

#include "base/result.h"

namespace polly {

enum class AccessMode {
  one_mount,                // one mount in all
  one_node,                 // any number of mounts, all on one node
  one_writer_many_readers,  // one writing mount, readers anywhere
  many_readers,             // nobody writes
  many_writers,             // anybody, anywhere: the platform or the application sorts it out
};

enum class Access { read_write, read_only };

// Who may use a volume without a grant: nobody, or everybody.
enum class DefaultAccess { closed, open };

std::string_view to_string(AccessMode mode);       // "one-node"
std::string_view to_string(Access access);         // "rw", "ro"
std::string_view to_string(DefaultAccess access);  // "closed", "open"
Result<AccessMode> parse_access_mode(std::string_view text);
Result<Access> parse_access(std::string_view text);
Result<DefaultAccess> parse_default_access(std::string_view text);

}  // namespace polly
