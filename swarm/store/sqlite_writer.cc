#include "swarm/store/sqlite_writer.h"

#include <algorithm>

#include "base/log.h"

namespace polly::store {
namespace {

// More would make the first of them wait for little gain.
constexpr size_t largest_group = 128;

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteGroup> group)
    : group_(std::move(group)), checkpoints_([this] { checkpoint_when_due(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    idle_.notify_one();
  }
  checkpoints_.join();
}

Result<Revision> SqliteWriter::commit(const Transaction& transaction) {
  TRY_STATUS(check_limits(transaction));
  Waiting waiting{transaction, Revision{0}, false, {}};
  Lock lock(mutex_);
  queue_.push_back(&waiting);
  while (!waiting.done) {
    if (writing_ || checkpoint_due_) {
      waiting.woken.wait(mutex_);
    } else {
      lead();
    }
  }
  return std::move(waiting.outcome);
}

void SqliteWriter::lead() {
  const Group group = take_group();
  writing_ = true;
  mutex_.unlock();
  serve(group);
  const bool due = group_->checkpoint_is_due();
  mutex_.lock();
  writing_ = false;
  checkpoint_due_ = due;
  for (Waiting* waiting : group) {
    waiting->done = true;
    waiting->woken.notify_one();
  }
  pass_on();
}

SqliteWriter::Group SqliteWriter::take_group() {
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), largest_group));
  Group group(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return group;
}

void SqliteWriter::pass_on() {
  if (checkpoint_due_) {
    idle_.notify_one();
  } else if (!queue_.empty()) {
    queue_.front()->woken.notify_one();
  }
}

// A thread of its own, so that the commit that made the log too long is not late for it. Those after it wait: under
// load its turn would never come otherwise.
void SqliteWriter::checkpoint_when_due() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (writing_ || !checkpoint_due_) {
      idle_.wait(mutex_);
      continue;
    }
    writing_ = true;
    mutex_.unlock();
    group_->checkpoint();
    mutex_.lock();
    writing_ = checkpoint_due_ = false;
    pass_on();
  }
}

void SqliteWriter::serve(const Group& group) {
  if (try_together(group)) return;
  const bool exhausted = group.front()->outcome.error().code == Code::exhausted;
  if (exhausted) group_->reclaim_log();
  if (group.size() == 1 && !exhausted) return;
  // A large one must not take the small ones with it: each alone.
  for (Waiting* waiting : group) try_together({waiting});
}

bool SqliteWriter::try_together(const Group& group) {
  Status status = broken_ ? fail(*broken_) : apply_all(group);
  if (status) return true;
  if (!broken_) group_->rollback();
  for (Waiting* waiting : group) waiting->outcome = fail(status.error());
  if (status.error().code != Code::unknown_outcome) return false;
  log::error("the store takes no more commits: {}", status.error().message);
  broken_ = Error{Code::unavailable,
                  "cannot commit: the disk failed under an earlier commit, whose outcome is unknown; "
                  "look after the disk and restart the coordinator"};
  return true;
}

Status SqliteWriter::apply_all(const Group& group) {
  if (auto begun = group_->begin(); !begun) return fail_with(begun.error(), "cannot commit");
  for (Waiting* waiting : group) {
    waiting->outcome = group_->apply(waiting->transaction);
    const bool failed = !waiting->outcome && waiting->outcome.error().code != Code::conflict;
    if (failed) return fail_with(waiting->outcome.error(), "cannot commit");
  }
  if (auto committed = group_->commit(); !committed) return fail_with(committed.error(), "cannot commit");
  return {};
}

}  // namespace polly::store
