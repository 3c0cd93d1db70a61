#include "swarm/store/sqlite.h"

#include "swarm/store/history.h"
#include "swarm/store/sqlite_file.h"
#include "swarm/store/sqlite_readers.h"
#include "swarm/store/sqlite_writer.h"

namespace polly::store {
namespace {

class SqliteStore : public Store {
 public:
  explicit SqliteStore(SqliteFile file) : file_(std::move(file)), readers_(file_) {}
  ~SqliteStore() override {
    if (history_) history_->close();
  }

  Status start() {
    TRY(now, readers_.revision());
    history_ = std::make_shared<History>(now);
    TRY(connection, file_.connect());
    TRY(group, SqliteGroup::make(std::move(connection), history_, now));
    writer_ = std::make_unique<SqliteWriter>(std::move(group));
    return {};
  }

  Result<std::optional<Record>> get(const std::string& key) override {
    auto record = readers_.get(key);
    if (!record) return fail_with(record.error(), "cannot read record '{}'", key);
    return record;
  }

  Result<Page> list(const std::string& prefix, const std::string& after, size_t limit) override {
    auto page = readers_.list(prefix, after, limit);
    if (!page) return fail_with(page.error(), "cannot list records below '{}'", prefix);
    return page;
  }

  Result<std::unique_ptr<Watch>> watch(const std::string& prefix, Revision after) override {
    return history_->watch(prefix, after);
  }

  Result<Revision> commit(const Transaction& transaction) override { return writer_->commit(transaction); }

 private:
  SqliteFile file_;  // goes last: it holds the lock
  SqliteReaders readers_;
  std::shared_ptr<History> history_;
  std::unique_ptr<SqliteWriter> writer_;
};

Result<std::unique_ptr<Store>> open(const std::string& directory) {
  TRY(file, SqliteFile::open(directory));
  auto store = std::make_unique<SqliteStore>(std::move(file));
  TRY_STATUS(store->start());
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::string& directory) {
  auto store = open(directory);
  if (!store) return fail_with(store.error(), "cannot open the store in '{}'", directory);
  return store;
}

}  // namespace polly::store
