#include "swarm/store/sqlite_group.h"

#include <algorithm>

#include "base/log.h"

namespace polly::store {
namespace {

constexpr int checkpoint_pages = 1000;
// So many only when readers have kept the log from beginning anew: then wait for them.
constexpr int far_too_many_pages = 16 * checkpoint_pages;

constexpr const char* put_sql =
    "INSERT INTO record (key, value, revision) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision";

int note_log_pages(void* pages, sqlite3* /*handle*/, const char* /*database*/, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

SqliteGroup::SqliteGroup(Connection connection, std::shared_ptr<History> history, Revision now)
    : connection_(std::move(connection)), history_(std::move(history)), committed_(now), now_(now) {
  sqlite3_wal_hook(connection_.handle(), note_log_pages, &log_pages_);
}

Result<std::unique_ptr<SqliteGroup>> SqliteGroup::make(Connection connection, std::shared_ptr<History> history,
                                                       Revision now) {
  std::unique_ptr<SqliteGroup> group(new SqliteGroup(std::move(connection), std::move(history), now));
  TRY_STATUS(group->prepare());
  return group;
}

Status SqliteGroup::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&find_, "SELECT revision FROM record WHERE key = ?1"},
      {&put_, put_sql},
      {&remove_, "DELETE FROM record WHERE key = ?1"},
      {&advance_, "UPDATE state SET revision = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    TRY(prepared, connection_.prepare(sql));
    *statement = std::move(prepared);
  }
  return {};
}

Status SqliteGroup::begin() {
  changes_.clear();
  now_ = committed_;
  return begin_.run();
}

Result<Revision> SqliteGroup::apply(const Transaction& transaction) {
  TRY_STATUS(check_compares(transaction, *this));
  if (transaction.writes.empty()) return now_;
  ++now_;
  for (Change& change : changes_of(transaction, now_)) {
    TRY_STATUS(write(change));
    const bool wrote = change.value || sqlite3_changes(connection_.handle()) > 0;
    if (wrote) changes_.push_back(std::move(change));
  }
  return now_;
}

Status SqliteGroup::write(const Change& change) {
  if (change.value) return put_.bind(1, change.key).bind(2, *change.value).bind(3, change.revision).run();
  return remove_.bind(1, change.key).run();
}

Status SqliteGroup::commit() {
  history_->announce(now_);
  if (auto written = write_and_sync(); !written) {
    history_->announce(committed_);
    return written;
  }
  committed_ = now_;
  history_->publish(std::move(changes_), committed_);
  return {};
}

Status SqliteGroup::write_and_sync() {
  if (now_ != committed_) TRY_STATUS(advance_.bind(1, now_).run());
  auto committed = commit_.run();
  if (committed) return {};
  // Only a write that found no space leaves the log for certain without its last frame, which is what makes a commit.
  // After a failed sync the frame is there, and may or may not reach the disk.
  if ((sqlite3_errcode(connection_.handle()) & 0xff) == SQLITE_FULL) return committed;
  return fail(Code::unknown_outcome, "cannot tell whether the commit is on disk: {}", committed.error().message);
}

void SqliteGroup::rollback() {
  now_ = committed_;
  changes_.clear();
  if (sqlite3_get_autocommit(connection_.handle()) != 0) return;  // SQLite has rolled back by itself
  if (auto status = rollback_.run(); !status) log::error("cannot roll back: {}", status.error().message);
}

bool SqliteGroup::checkpoint_is_due() const {
  return log_pages_ >= checkpoint_pages;
}

void SqliteGroup::checkpoint() {
  move_log(log_pages_ < far_too_many_pages ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART);
}

void SqliteGroup::reclaim_log() {
  move_log(SQLITE_CHECKPOINT_RESTART);
}

void SqliteGroup::move_log(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, mode, nullptr, nullptr);
  const bool failed = code != SQLITE_OK;
  if (failed && !checkpoint_fails_) {
    log::warn("cannot move the store's log into its database, so the log grows: {}",
              sqlite_error(connection_.handle()).message);
  }
  checkpoint_fails_ = failed;
}

Result<std::optional<Revision>> SqliteGroup::revision_of(const std::string& key) {
  StatementUse find(find_);
  find->bind(1, key);
  TRY(row, find->step());
  return row ? std::optional(find->number(0)) : std::nullopt;
}

bool SqliteGroup::changed_below(const std::string& prefix, Revision after) {
  // What the group itself has changed is not in the history yet, and may have revisions that were promised to nobody.
  const bool changed_here = std::any_of(changes_.rbegin(), changes_.rend(),
                                        [&](const Change& change) { return change.key.starts_with(prefix); });
  return changed_here || history_->changed_below(prefix, after);
}

}  // namespace polly::store
