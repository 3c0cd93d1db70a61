// The embedded store: one SQLite database in a directory of its own, for one process at a time.
#pragma once

#include <memory>
#include <string>

#include "swarm/store/store.h"

namespace polly::store {

// Makes the directory and the database when there are none. Errors: busy (another process has it open), corrupt,
// refused (a newer program wrote it), and what the operating system says.
Result<std::unique_ptr<Store>> open_sqlite(const std::string& directory);

}  // namespace polly::store
