// The journal of mounts: one file a volume, so that volumes never wait for each other. Nobody but this process writes
// it.
//
//     <state>/journal/<volume id>.json :=
//         {"version": 1, "id": text, "name": text, "driver": text, "boot": text, "epoch": epoch, "directory": text,
//          "mounts": [mount ..], "releases": [reference ..]}
//     mount := {"id": text, "reference": text, "state": "mounting" | "mounted" | "unmounting", "path": text, "access":
//     "rw" | "ro",
//               "service": text, "container": text, "phase": "start" | "copy-up" (or absent), "at": ms, "count": n}
//
// The publish context is not kept: it may hold secrets, undoing needs only the directory, and a new stage gets a new
// one. A file whose volume has nothing left to do is removed. A crash leaves the former or the new content, never a
// part.
#pragma once

#include <string>
#include <vector>

#include "plugin/node/record.h"

namespace polly::node {

class Journal {
 public:
  explicit Journal(std::string directory) : directory_(std::move(directory)) {}

  struct Loaded {
    std::vector<VolumeRecord> records;
    // Files that cannot be read: put aside as *.unreadable; what they spoke of stays mounted.
    std::vector<std::string> unreadable;
  };
  Result<Loaded> load();
  // Writes the record, or removes its file when nothing is left in it. Two saves of one volume must not overlap: the
  // lane's mutex sees to that.
  Status save(const VolumeRecord& record);

 private:
  std::string path_of(const std::string& volume_id) const { return directory_ + "/" + volume_id + ".json"; }

  const std::string directory_;
};

}  // namespace polly::node
