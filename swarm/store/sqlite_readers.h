// Connections that only read, each lent to one thread at a time. They see every commit that was acknowledged, and never
// wait for the writer.
#pragma once

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "swarm/store/sqlite_file.h"
#include "swarm/store/store.h"

namespace polly::store {

class SqliteReaders {
 public:
  // The file must outlive this.
  explicit SqliteReaders(const SqliteFile& file);
  ~SqliteReaders();

  Result<Revision> revision();
  Result<std::optional<Record>> get(const std::string& key);
  Result<Page> list(const std::string& prefix, const std::string& after, size_t limit);

 private:
  class Reader;
  class Loan;
  Result<std::unique_ptr<Reader>> make() const;
  template <class Read>
  auto read(Read read) -> decltype(read(std::declval<Reader&>()));

  const SqliteFile& file_;
  Mutex mutex_;
  Condition returned_;
  size_t made_ POLLY_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Reader>> idle_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::store
