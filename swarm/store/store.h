// The transactional state of a coordinator: keys, values and one growing revision.
//
// Contract, the same for every engine (tests/swarm/store/store_suite.h runs it against each):
//   - A commit applies all its writes or none, and only if all its compares hold. When it answers done, it is on disk.
//   - Every commit that writes has a revision of its own, larger than all before. A record carries the revision of the
//     commit that wrote it last.
//   - Reads see all commits that were acknowledged before the read began.
//   - At most 64 compares, 64 writes and 512 KiB in a commit: `too_large` beyond.
// Safe for any number of threads.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace polly::store {

using Revision = uint64_t;

struct Record {
  std::string key;
  std::string value;
  Revision revision = 0;
};

struct Page {
  std::vector<Record> records;  // by key
  bool more = false;            // ask again with after = the last key
  Revision revision = 0;        // the state this page shows
};

// A condition on the state at the moment of the commit.
struct Compare {
  enum class Kind { revision_is, absent, prefix_unchanged };
  Kind kind;
  std::string key;  // or the prefix
  Revision revision = 0;

  static Compare revision_is(std::string key, Revision revision) {
    return {Kind::revision_is, std::move(key), revision};
  }
  static Compare absent(std::string key) { return {Kind::absent, std::move(key), 0}; }
  // No record under the prefix was written or deleted after `revision`.
  static Compare prefix_unchanged(std::string prefix, Revision revision) {
    return {Kind::prefix_unchanged, std::move(prefix), revision};
  }
};

struct Write {
  std::string key;
  std::optional<std::string> value;  // none: delete
};

struct Transaction {
  std::vector<Compare> compares;
  std::vector<Write> writes;
};

struct Change {
  std::string key;
  std::optional<std::string> value;  // none: deleted
  Revision revision = 0;
};

struct Changes {
  // The history asked for is gone: list again, and watch from that page's revision.
  bool compacted = false;
  std::vector<Change> changes;  // by revision; of several writes to a key in one commit only the last
  Revision revision = 0;        // continue from here
};

class Watch {
 public:
  virtual ~Watch() = default;
  // The changes after the last call, at once when there are some; else waits, and answers none at the deadline.
  virtual Result<Changes> next(std::chrono::milliseconds timeout) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::optional<Record>> get(const std::string& key) = 0;
  // Up to `limit` records under the prefix with keys after `after` ("" for the first page).
  virtual Result<Page> list(const std::string& prefix, const std::string& after, size_t limit) = 0;
  // Changes under the prefix of commits after `after`.
  virtual Result<std::unique_ptr<Watch>> watch(const std::string& prefix, Revision after) = 0;
  // Errors: conflict (a compare failed, nothing was written), too_large, exhausted (disk full, nothing was written),
  // unavailable, unknown_outcome (read again before repeating).
  virtual Result<Revision> commit(const Transaction& transaction) = 0;
};

}  // namespace polly::store
