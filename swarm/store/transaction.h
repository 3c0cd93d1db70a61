// What every engine does alike with a transaction: its limits, what it changes, whether its compares hold.
#pragma once

#include <vector>

#include "swarm/store/store.h"

namespace polly::store {

inline constexpr size_t max_compares = 64;
inline constexpr size_t max_writes = 64;
inline constexpr size_t max_bytes = size_t{512} * 1024;  // keys and values together

Status check_limits(const Transaction& transaction);

// Each key once, with its last write; in the order of those.
std::vector<Change> changes_of(const Transaction& transaction, Revision revision);

// What an engine is asked about its state while it commits.
class Present {
 public:
  virtual ~Present() = default;
  virtual Result<std::optional<Revision>> revision_of(const std::string& key) = 0;  // none: no such record
  // True also when the engine cannot know, because `after` is too old or has not been yet.
  virtual bool changed_below(const std::string& prefix, Revision after) = 0;
};

// `conflict` names the first compare that does not hold.
Status check_compares(const Transaction& transaction, Present& present);

// Where keys with a prefix end: the first key behind them, none when there is no such key.
std::optional<std::string> end_of_prefix(std::string prefix);

}  // namespace polly::store
