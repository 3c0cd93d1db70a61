// A store whose commits fail on demand. For tests of what stands on a store.
#pragma once

#include "base/mutex.h"
#include "swarm/store/store.h"

namespace polly::store {

class FaultyStore : public Store {
 public:
  enum class When { before, after };  // after: the commit took effect, and its caller is not told so

  // The store behind must outlive this one.
  explicit FaultyStore(Store& behind) : behind_(behind) {}

  // The nth commit from now (1 is the next) answers with this code. One fault at a time: this replaces an earlier one.
  void fail_commit(int nth, Code code, When when = When::before);
  void heal();
  int commits() const;  // how many were asked for, the failed ones included

  Result<std::optional<Record>> get(const std::string& key) override { return behind_.get(key); }
  Result<Page> list(const std::string& prefix, const std::string& after, size_t limit) override {
    return behind_.list(prefix, after, limit);
  }
  Result<std::unique_ptr<Watch>> watch(const std::string& prefix, Revision after) override {
    return behind_.watch(prefix, after);
  }
  Result<Revision> commit(const Transaction& transaction) override;

 private:
  struct Fault {
    int at = 0;
    Code code{};
    When when{};
  };
  std::optional<Fault> take_fault();

  Store& behind_;
  mutable Mutex mutex_;
  int commits_ POLLY_GUARDED_BY(mutex_) = 0;
  std::optional<Fault> fault_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::store
