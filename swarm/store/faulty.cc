#include "swarm/store/faulty.h"

namespace polly::store {

void FaultyStore::fail_commit(int nth, Code code, When when) {
  Lock lock(mutex_);
  fault_ = Fault{commits_ + nth, code, when};
}

void FaultyStore::heal() {
  Lock lock(mutex_);
  fault_.reset();
}

int FaultyStore::commits() const {
  Lock lock(mutex_);
  return commits_;
}

std::optional<FaultyStore::Fault> FaultyStore::take_fault() {
  Lock lock(mutex_);
  ++commits_;
  if (!fault_ || fault_->at != commits_) return std::nullopt;
  return std::exchange(fault_, std::nullopt);
}

Result<Revision> FaultyStore::commit(const Transaction& transaction) {
  const auto fault = take_fault();
  if (fault && fault->when == When::before) return fail(fault->code, "cannot commit: a test wants it to fail");
  auto outcome = behind_.commit(transaction);
  if (fault && outcome) return fail(fault->code, "cannot tell the outcome of a commit: a test wants it so");
  return outcome;
}

}  // namespace polly::store
