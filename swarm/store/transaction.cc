#include "swarm/store/transaction.h"

#include <algorithm>

namespace polly::store {
namespace {

Status check(const Compare& compare, Present& present) {
  if (compare.kind == Compare::Kind::prefix_unchanged) {
    if (!present.changed_below(compare.key, compare.revision)) return {};
    return fail(Code::conflict, "cannot commit: records below '{}' may have changed since revision {}; read them again",
                compare.key, compare.revision);
  }
  TRY(revision, present.revision_of(compare.key));
  if (compare.kind == Compare::Kind::absent) {
    if (!revision) return {};
    return fail(Code::conflict, "cannot commit: record '{}' exists already, since revision {}", compare.key, *revision);
  }
  if (!revision) return fail(Code::conflict, "cannot commit: record '{}' is gone", compare.key);
  if (*revision == compare.revision) return {};
  return fail(Code::conflict, "cannot commit: record '{}' has revision {}, not {}; read it again", compare.key,
              *revision, compare.revision);
}

}  // namespace

Status check_limits(const Transaction& transaction) {
  const auto& [compares, writes] = transaction;
  if (compares.size() > max_compares || writes.size() > max_writes) {
    return fail(Code::too_large, "cannot commit {} compares and {} writes: {} and {} are the most in one transaction",
                compares.size(), writes.size(), max_compares, max_writes);
  }
  size_t bytes = 0;
  for (const Compare& compare : compares) bytes += compare.key.size();
  for (const Write& write : writes) {
    if (write.key.empty()) return fail(Code::invalid, "cannot commit a record without a key");
    bytes += write.key.size() + (write.value ? write.value->size() : 0);
  }
  if (bytes <= max_bytes) return {};
  return fail(Code::too_large, "cannot commit {} bytes: {} are the most in one transaction", bytes, max_bytes);
}

std::vector<Change> changes_of(const Transaction& transaction, Revision revision) {
  std::vector<Change> changes;
  const auto& writes = transaction.writes;
  for (auto write = writes.begin(); write != writes.end(); ++write) {
    const bool written_again =
        std::any_of(write + 1, writes.end(), [&](const Write& later) { return later.key == write->key; });
    if (!written_again) changes.push_back({write->key, write->value, revision});
  }
  return changes;
}

Status check_compares(const Transaction& transaction, Present& present) {
  for (const Compare& compare : transaction.compares) TRY_STATUS(check(compare, present));
  return {};
}

std::optional<std::string> end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace polly::store
