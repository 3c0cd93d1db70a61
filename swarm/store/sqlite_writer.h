// The one thread that writes. What waits while it syncs the disk becomes its next group.
#pragma once

#include <deque>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "swarm/store/sqlite_group.h"

namespace polly::store {

class SqliteWriter {
 public:
  explicit SqliteWriter(std::unique_ptr<SqliteGroup> group);
  // Commits what still waits.
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  // For any thread; returns when the outcome is certain, or certain to be unknown.
  Result<Revision> commit(const Transaction& transaction);

 private:
  // Stands on the stack of the thread that waits; not to be touched once `done` is set.
  struct Waiting {
    const Transaction& transaction;
    Result<Revision> outcome;
    bool done = false;
    Condition answered;
  };
  using Group = std::vector<Waiting*>;

  void run();
  Group take_group();  // empty: time to end
  void answer(const Group& group);
  void serve(const Group& group);
  // Sets the outcome of each. False: nothing was written, for the reason that is now the outcome of all.
  bool try_together(const Group& group);
  Status apply_all(const Group& group);

  const std::unique_ptr<SqliteGroup> group_;
  std::optional<Error> broken_;  // for the thread alone: no commit after an unknown outcome

  Mutex mutex_;
  Condition work_;
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  std::deque<Waiting*> queue_ POLLY_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace polly::store
