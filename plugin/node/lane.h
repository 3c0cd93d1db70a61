// One volume on this node: its record, and the turn that whoever works on it locally must have.
//
// Two locks, held for different lengths:
//   - the mutex guards the record and is held for a journal write at most;
//   - the turn is held through calls to the driver, which must never meet for one volume. Nobody waits for the
//   coordinator
//     with either, so an Unmount gets through while a Mount of the same volume waits for its decision.
//
// A lane that came from the journal begins with its turn taken: by recovery.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "drivers/driver.h"
#include "plugin/node/journal.h"
#include "plugin/node/record.h"

namespace polly::node {

using Deadline = std::chrono::steady_clock::time_point;

class Lane {
 public:
  Lane(VolumeRecord record, Journal& journal, bool recovering_now)
      : id(record.id),
        name(record.name),
        recovering(recovering_now),
        record_(std::move(record)),
        journal_(journal),
        turn_taken_(recovering_now) {}

  const std::string id;
  const std::string name;
  Mutex mutex;
  Condition changed;  // after each change of record, turn or staged

  VolumeRecord& record() POLLY_REQUIRES(mutex) { return record_; }
  drivers::Staged& staged() POLLY_REQUIRES(mutex) { return staged_; }
  // What the filesystem was last known to be: newer than an answer that was given before it was made.
  Format& format() POLLY_REQUIRES(mutex) { return format_; }
  Status save() POLLY_REQUIRES(mutex) { return journal_.save(record_); }

  // Nobody else is at work on the volume from here to give_turn(). False when the deadline passed first.
  bool take_turn(Deadline deadline);
  bool try_turn();
  void give_turn();
  // Recovery has sorted out what the journal had of it. False when the deadline passed first.
  bool wait_recovered(Deadline deadline);

  bool at_rest();

  bool recovering POLLY_GUARDED_BY(mutex);
  // The worker that brings the volume's local state to rest (settler.h).
  bool settling POLLY_GUARDED_BY(mutex) = false;
  bool settle_again POLLY_GUARDED_BY(mutex) = false;
  // A sender that tells the coordinator of releases (releaser.h).
  bool releasing POLLY_GUARDED_BY(mutex) = false;

 private:
  VolumeRecord record_ POLLY_GUARDED_BY(mutex);
  drivers::Staged staged_ POLLY_GUARDED_BY(mutex);
  Format format_ POLLY_GUARDED_BY(mutex);
  Journal& journal_;
  bool turn_taken_ POLLY_GUARDED_BY(mutex);
};

using LanePtr = std::shared_ptr<Lane>;

// Gives the turn back at the end of a block.
class Turn {
 public:
  explicit Turn(Lane& lane) : lane_(lane) {}
  ~Turn() { lane_.give_turn(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Lane& lane_;
};

}  // namespace polly::node
