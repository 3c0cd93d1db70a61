// The node's own record of all volumes: what Get, List and Path are answered from, also while the coordinator is away.
// A Get that fails makes Docker create a local volume of that name, so this record must not be lost with the
// coordinator.
//
// Kept by the coordinator's feed (catalog_feed.h) and by the answers to this node's own calls. Written lazily: a crash
// loses a second of it, and the feed brings that back.
//
//     <state>/catalog.json := {"version": 1, "volumes": [volume ..]}
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "swarm/client/coordinator.h"

namespace polly::node {

using VolumePtr = std::shared_ptr<const Volume>;

class Catalog {
 public:
  explicit Catalog(std::string file) : file_(std::move(file)) {}

  Status load();                                  // no file is fine; one that cannot be read is put aside
  VolumePtr find(const std::string& name) const;  // null when it is not on record
  std::vector<VolumePtr> all() const;             // sorted by name
  uint64_t generation() const;                    // another number, another content

  // From an answer to a call of this node's, which may be older than the feed: what the feed has said is gone stays
  // gone.
  void put(Volume volume);  // one in the trash is dropped
  void drop(const std::string& name);
  void apply(client::Feed feed);
  // Writes the file when something changed since it was written. Called each second by one thread.
  Status persist();

 private:
  using Volumes = std::map<std::string, VolumePtr>;
  void put_locked(Volume volume) POLLY_REQUIRES(mutex_);
  void erase(Volumes::iterator which) POLLY_REQUIRES(mutex_);

  const std::string file_;
  mutable Mutex mutex_;
  Volumes volumes_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, std::string> names_ POLLY_GUARDED_BY(mutex_);  // by id: a volume may come back under another
  using Time = std::chrono::steady_clock::time_point;
  std::map<std::string, Time> gone_ POLLY_GUARDED_BY(mutex_);  // ids that the feed removed a while ago
  uint64_t generation_ POLLY_GUARDED_BY(mutex_) = 1;
  uint64_t persisted_ POLLY_GUARDED_BY(mutex_) = 1;
};

}  // namespace polly::node
