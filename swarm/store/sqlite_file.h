// The directory and the database file of the SQLite engine: made whole or not at all, locked, and checked when opened.
#pragma once

#include <string>

#include "base/unique_fd.h"
#include "swarm/store/sqlite_connection.h"

namespace polly::store {

// Holds the lock as long as it lives; the kernel drops it when the process dies, however it does.
class SqliteFile {
 public:
  static Result<SqliteFile> open(const std::string& directory);
  // For writing; see the settings in sqlite_file.cc.
  Result<Connection> connect() const;
  Result<Connection> connect_reader() const;

 private:
  std::string path_;
  UniqueFd lock_;
};

}  // namespace polly::store
