// Commits one group at a time. Whoever comes while nobody writes writes itself, which spares it two changes of thread;
// what comes meanwhile waits, and one of those that wait leads them all as the next group.
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
  // When every commit has returned.
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
    Condition woken;  // done, or it is its turn to lead
  };
  using Group = std::vector<Waiting*>;

  void lead() POLLY_REQUIRES(mutex_);
  Group take_group() POLLY_REQUIRES(mutex_);
  // The next in the queue goes on, or the thread that checkpoints.
  void pass_on() POLLY_REQUIRES(mutex_);
  void checkpoint_when_due();

  // For the one that writes.
  void serve(const Group& group);
  // Sets the outcome of each. False: nothing was written, for the reason that is now the outcome of all.
  bool try_together(const Group& group);
  Status apply_all(const Group& group);

  Mutex mutex_;
  bool writing_ POLLY_GUARDED_BY(mutex_) = false;
  // For the one that has set writing_.
  const std::unique_ptr<SqliteGroup> group_;
  std::optional<Error> broken_;  // no commit after an unknown outcome

  Condition idle_;  // nobody writes, or the end
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  bool checkpoint_due_ POLLY_GUARDED_BY(mutex_) = false;
  std::deque<Waiting*> queue_ POLLY_GUARDED_BY(mutex_);
  std::thread checkpoints_;
};

}  // namespace polly::store
