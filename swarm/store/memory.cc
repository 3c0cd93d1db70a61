#include "swarm/store/memory.h"

#include <map>

#include "base/mutex.h"
#include "swarm/store/history.h"
#include "swarm/store/transaction.h"

namespace polly::store {
namespace {

struct Held {
  std::string value;
  Revision revision = 0;
};
using Table = std::map<std::string, Held>;

class PresentTable : public Present {
 public:
  PresentTable(const Table& table, const History& history) : table_(table), history_(history) {}
  Result<std::optional<Revision>> revision_of(const std::string& key) override {
    const auto held = table_.find(key);
    return held == table_.end() ? std::nullopt : std::optional(held->second.revision);
  }
  bool changed_below(const std::string& prefix, Revision after) override {
    return history_.changed_below(prefix, after);
  }

 private:
  const Table& table_;
  const History& history_;
};

class MemoryStore : public Store {
 public:
  ~MemoryStore() override { history_->close(); }

  Result<std::optional<Record>> get(const std::string& key) override {
    Lock lock(mutex_);
    const auto held = table_.find(key);
    if (held == table_.end()) return std::nullopt;
    return Record{key, held->second.value, held->second.revision};
  }

  Result<Page> list(const std::string& prefix, const std::string& after, size_t limit) override {
    Lock lock(mutex_);
    Page page;
    page.revision = revision_;
    auto held = after < prefix ? table_.lower_bound(prefix) : table_.upper_bound(after);
    for (; held != table_.end() && held->first.starts_with(prefix); ++held) {
      page.more = page.records.size() == limit;
      if (page.more) break;
      page.records.push_back({held->first, held->second.value, held->second.revision});
    }
    return page;
  }

  Result<std::unique_ptr<Watch>> watch(const std::string& prefix, Revision after) override {
    return history_->watch(prefix, after);
  }

  Result<Revision> commit(const Transaction& transaction) override {
    TRY_STATUS(check_limits(transaction));
    Lock lock(mutex_);
    PresentTable present(table_, *history_);
    TRY_STATUS(check_compares(transaction, present));
    if (transaction.writes.empty()) return revision_;
    auto changes = changes_of(transaction, ++revision_);
    std::vector<Change> applied;
    for (Change& change : changes) {
      if (apply(change)) applied.push_back(std::move(change));
    }
    history_->publish(std::move(applied), revision_);
    return revision_;
  }

 private:
  // False when there was nothing to delete.
  bool apply(const Change& change) POLLY_REQUIRES(mutex_) {
    if (!change.value) return table_.erase(change.key) > 0;
    table_[change.key] = {*change.value, change.revision};
    return true;
  }

  const std::shared_ptr<History> history_ = std::make_shared<History>(Revision{0});
  Mutex mutex_;
  Table table_ POLLY_GUARDED_BY(mutex_);
  Revision revision_ POLLY_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace polly::store
