// Runs what is on record as begun: each operation has its intent committed before its first step on a platform, and is
// finished or undone by whoever finds it. One file an operation: create.cc, purge.cc, attach.cc, detach.cc.
//
// An operation is run by the thread that began it. What a crash, or an error on the way, leaves on record is found by
// resume(), at start and each few seconds.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/mutex.h"
#include "core/model/operation.h"
#include "swarm/operations/context.h"

namespace polly::swarm {

class Journal {
 public:
  explicit Journal(const Context& context) : context_(context) {}

  // An operation ready to be put into the commit that begins it; this process counts as running it until settle().
  Operation begin(Operation::Kind kind, const Volume& volume, std::string node, std::string by);
  // Runs it to its end. An error means it stays on record, or was undone where that is possible; the message is the
  // cause.
  Status run(const Operation& operation);
  // Takes back a begin() whose commit failed.
  void forget(const Operation& operation);
  // Runs all that is on record and nobody here is running. Errors are logged: they come up again next time.
  void resume();
  size_t running() const;

 private:
  Status run_step(const Operation& operation);

  const Context& context_;
  mutable Mutex mutex_;
  std::set<std::string> running_ POLLY_GUARDED_BY(mutex_);
};

// The steps after the intent. Each may be called again at any point after a crash.
Status finish_create(const Context& context, const Operation& operation);
Status finish_purge(const Context& context, const Operation& operation);
Status finish_attach(const Context& context, const Operation& operation);
Status finish_detach(const Context& context, const Operation& operation);

}  // namespace polly::swarm
