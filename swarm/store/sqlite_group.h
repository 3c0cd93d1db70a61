// A group of transactions in one transaction of SQLite's: one sync of the disk for all of them, and an outcome for
// each. Begin, apply each, commit or roll back. For one thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "swarm/store/history.h"
#include "swarm/store/sqlite_connection.h"
#include "swarm/store/transaction.h"

namespace polly::store {

class SqliteGroup : public Present {
 public:
  static Result<std::unique_ptr<SqliteGroup>> make(Connection connection, std::shared_ptr<History> history,
                                                   Revision now);

  Status begin();
  // Sees what was applied before it. `conflict`: it wrote nothing, and the group goes on. Any other error: roll back.
  Result<Revision> apply(const Transaction& transaction);
  // Done: on disk, and published. `unknown_outcome`: a later open may find the group or not; nothing must be committed
  // on this connection any more. Any other error: nothing was written.
  Status commit();
  void rollback();

  bool checkpoint_is_due() const;
  // Moves the log into the database, so that it can begin anew. Failing costs nothing but space.
  void checkpoint();
  // After `exhausted`: makes what space the log has usable again.
  void reclaim_log();

  Result<std::optional<Revision>> revision_of(const std::string& key) override;
  bool changed_below(const std::string& prefix, Revision after) override;

 private:
  SqliteGroup(Connection connection, std::shared_ptr<History> history, Revision now);
  Status prepare();
  Status write(const Change& change);
  Status write_and_sync();
  void move_log(int mode);

  Connection connection_;
  Statement begin_, commit_, rollback_, find_, put_, remove_, advance_;
  const std::shared_ptr<History> history_;
  Revision committed_;
  Revision now_;                   // of the group
  std::vector<Change> changes_;    // of the group
  int log_pages_ = 0;              // as of the last commit
  bool checkpoint_fails_ = false;  // said so once
};

}  // namespace polly::store
