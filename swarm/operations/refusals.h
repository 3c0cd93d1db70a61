// The book of refused mounts. Swarm starts a refused task anew every 5 s for ever: what is refused again, just so, is
// the same refusal and the same event, counted in memory and written down at its first, 10th, 100th, .. time, every
// five minutes, and at an orderly stop. After a crash a count may be short of what was since the last of these.
//
//     refusal/<id>    as core/codec/refusals.h has it; found by the id that stands in the engine's message
//     event/..        "mount.refused", with the same count
//
// It decides nothing and answers no mount: each is decided anew, from facts gathered anew.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "core/model/event.h"
#include "core/model/refusal.h"
#include "swarm/operations/context.h"

namespace polly::swarm {

class Refusals {
 public:
  explicit Refusals(const Context& context) : context_(context) {}
  ~Refusals();
  Refusals(const Refusals&) = delete;
  Refusals& operator=(const Refusals&) = delete;

  // Counts a refusal that is on record already, or puts it there: volume, service, node, the rule that decided and the
  // reason are to be the same. Returns its id; "" when it cannot be written, which the log tells, and where a node has
  // had so many of its own in this minute that it is at fault.
  std::string note(Refusal refusal);
  // With the count as of now. `not_found`, with a sentence.
  Result<Refusal> find(const std::string& id);
  // The newest events with the counts as of now, in the order of when they happened last: one that began long ago and
  // goes on stands at the end, also where it was not among those given. Of a subject only, when one is given.
  std::vector<Event> with_counts(std::vector<Event> events, const std::string& subject, size_t limit) const;

 private:
  struct Entry {
    Refusal refusal;
    int64_t written_count = 0;
    int64_t written_at = 0;
  };
  using Entries = std::map<std::string, Entry>;  // by what makes a repeat the same
  void load() POLLY_REQUIRES(mutex_);
  void forget(Entries::iterator which) POLLY_REQUIRES(mutex_);
  // Null: no more new ones for this node.
  Entry* entry_for(Refusal refusal) POLLY_REQUIRES(mutex_);
  bool spend(const std::string& node, int64_t at) POLLY_REQUIRES(mutex_);
  static Event event_of(const Refusal& refusal);
  Status write(const Refusal& refusal);
  void note_outcome(const Refusal& refusal, bool written);

  const Context& context_;
  mutable Mutex mutex_;
  bool loaded_ POLLY_GUARDED_BY(mutex_) = false;
  Entries entries_ POLLY_GUARDED_BY(mutex_);
  struct Spent {
    int64_t minute = 0;
    int count = 0;
  };
  std::map<std::string, Spent> spent_ POLLY_GUARDED_BY(mutex_);  // new refusals, by node
};

}  // namespace polly::swarm
