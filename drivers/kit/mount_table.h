// What is mounted in this thread's mount namespace, as the kernel tells it.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace polly::drivers::kit {

struct MountEntry {
  int id = 0;
  int parent = 0;
  dev_t device = 0;
  std::string root;        // which directory of the filesystem is shown: "/" for all of it
  std::string point;       // where
  std::string type;        // "ext4"
  std::string source;      // "/dev/loop3"
  bool read_only = false;  // this mount; the filesystem behind may be writable elsewhere
};

class MountTable {
 public:
  static Result<MountTable> read();
  static Result<MountTable> parse(std::string_view text);  // of a mountinfo file

  // The uppermost mount at that very path, which must be free of symbolic links (canonical_path); null for none.
  const MountEntry* at(std::string_view point) const;
  // The mount points below a directory, sorted, each once.
  std::vector<std::string> below(std::string_view directory) const;
  const std::vector<MountEntry>& entries() const { return entries_; }

 private:
  std::vector<MountEntry> entries_;
};

// The path with the symbolic links of its parent resolved, as the mount table spells it. The last component need not
// exist.
Result<std::string> canonical_path(const std::string& path);

}  // namespace polly::drivers::kit
