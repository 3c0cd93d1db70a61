// The recent changes of a store, in memory: what watches are served from, and what tells whether anything below a
// prefix has changed. Bounded; who asks for more than it holds is told "compacted", or that something may have changed.
// A store that is opened begins with an empty history: what was before is compacted.
//
// An engine publishes each commit once, in order, before it acknowledges it. Safe for any number of threads.
#pragma once

#include <deque>
#include <set>
#include <vector>

#include "base/mutex.h"
#include "swarm/store/store.h"

namespace polly::store {

class History : public std::enable_shared_from_this<History> {
 public:
  struct Bounds {
    size_t changes = 16'384;
    size_t bytes = size_t{32} * 1024 * 1024;  // of keys and values
  };
  History(Revision now, Bounds bounds) : bounds_(bounds), now_(now), soonest_(now), floor_(now) {}
  explicit History(Revision now) : History(now, Bounds{}) {}

  // Readers may see revisions up to this one already, though they are not published yet.
  void announce(Revision revision);
  void publish(std::vector<Change> changes, Revision now);
  // Whether a change below the prefix came after `after`; also true when that cannot be known any more.
  bool changed_below(const std::string& prefix, Revision after) const;
  // Lives on without the store, and then answers `unavailable`.
  std::unique_ptr<Watch> watch(std::string prefix, Revision after);
  // Ends the waiting of all watches. For the store, when it closes.
  void close();

 private:
  // What is known of a watch here. As long as nothing below its prefix has happened it moves along with each commit,
  // so that a quiet watch is never compacted.
  struct Subscriber {
    std::string prefix;
    Revision after = 0;
    bool pending = false;    // something came after `after`, or may have
    bool compacted = false;  // stays so
    Condition wake;
  };
  class Subscription;
  using Entry = std::shared_ptr<const Change>;

  Result<Changes> next(Subscriber& subscriber, std::chrono::milliseconds timeout);
  std::vector<Entry> entries_for(const Subscriber& subscriber) const POLLY_REQUIRES(mutex_);
  bool known_since(Revision after) const POLLY_REQUIRES(mutex_);
  bool may_have_changed(const std::string& prefix, Revision after) const POLLY_REQUIRES(mutex_);
  void append(std::vector<Change> changes) POLLY_REQUIRES(mutex_);
  void drop_oldest_commit() POLLY_REQUIRES(mutex_);

  const Bounds bounds_;
  mutable Mutex mutex_;
  bool closed_ POLLY_GUARDED_BY(mutex_) = false;
  Revision now_ POLLY_GUARDED_BY(mutex_);
  Revision soonest_ POLLY_GUARDED_BY(mutex_);  // announced
  Revision floor_ POLLY_GUARDED_BY(mutex_);    // every change after it is in the ring
  std::deque<Entry> ring_ POLLY_GUARDED_BY(mutex_);
  size_t bytes_ POLLY_GUARDED_BY(mutex_) = 0;
  std::set<Subscriber*> subscribers_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::store
