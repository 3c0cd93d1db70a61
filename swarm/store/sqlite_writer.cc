#include "swarm/store/sqlite_writer.h"

#include <algorithm>

#include "base/log.h"

namespace polly::store {
namespace {

// More would make the first of them wait for little gain.
constexpr size_t largest_group = 128;

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteGroup> group) : group_(std::move(group)), thread_([this] { run(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  thread_.join();
}

Result<Revision> SqliteWriter::commit(const Transaction& transaction) {
  TRY_STATUS(check_limits(transaction));
  Waiting waiting{transaction, Revision{0}, false, {}};
  Lock lock(mutex_);
  queue_.push_back(&waiting);
  work_.notify_one();
  while (!waiting.done) waiting.answered.wait(mutex_);
  return std::move(waiting.outcome);
}

void SqliteWriter::run() {
  for (Group group = take_group(); !group.empty(); group = take_group()) {
    serve(group);
    answer(group);
    group_->checkpoint_if_due();
  }
}

SqliteWriter::Group SqliteWriter::take_group() {
  Lock lock(mutex_);
  while (queue_.empty() && !stopping_) work_.wait(mutex_);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), largest_group));
  Group group(queue_.begin(), end);
  queue_.erase(queue_.begin(), end);
  return group;
}

void SqliteWriter::answer(const Group& group) {
  Lock lock(mutex_);
  for (Waiting* waiting : group) {
    waiting->done = true;
    waiting->answered.notify_one();
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
