// What stands on disk, format 1:
//
//   <directory>/lock              empty; flock(LOCK_EX) while a process has the store open
//   <directory>/state.db          SQLite, application_id 0x506F6C79 ("Poly"), user_version 1, journal_mode WAL
//   <directory>/state.db-wal      SQLite's write-ahead log: commits that state.db may not hold yet. Part of the state!
//   <directory>/.unfinished-*     a database that was being made when the process died; removed at the next open
//
//   record    = key value revision    key: bytes, unique, not empty; value: bytes; revision: that of the last write
//   state     = revision              one row: the revision of the last commit that wrote
//
// Every commit writes its records and `state` in one SQLite transaction. A later format gets a higher user_version;
// this program refuses those it does not know.
#include "swarm/store/sqlite_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/files.h"
#include "base/system.h"

namespace polly::store {
namespace {

constexpr const char* application_id = "1349479545";
constexpr int format = 1;

constexpr const char* unfinished_name = "/.unfinished-state.db";

// Most records have a few hundred bytes: without row ids a write touches one page of them, not two.
constexpr const char* make_tables = R"(
  PRAGMA application_id = 1349479545;
  PRAGMA user_version = 1;
  BEGIN;
  CREATE TABLE record (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL)
      WITHOUT ROWID;
  CREATE TABLE state (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL);
  INSERT INTO state VALUES (1, 0);
  COMMIT;
)";

// FULL: the log is on disk before a commit is acknowledged. Checkpoints have a thread of their own, so that a
// commit is not late for one, and does not fail with one.
constexpr const char* writer_settings =
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON";
constexpr const char* reader_settings = "PRAGMA query_only = ON; PRAGMA cell_size_check = ON";

tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
  const int error = errno;
  return fail(errno_code(error), "cannot {} '{}': {}", what, path, errno_text(error));
}

Result<UniqueFd> lock_directory(const std::string& directory) {
  const std::string path = directory + "/lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return failed("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return failed("lock", path);
  return fail(Code::busy, "another process has it open; one coordinator at a time may use a store directory");
}

Status fill_new(const std::string& path) {
  TRY(connection, Connection::open(path));
  TRY(mode, connection.first_value("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return fail(Code::unsupported, "the filesystem supports no write-ahead log");
  return connection.run(make_tables);
}

// Under another name until it is whole, so that an empty state.db is never taken for a new store.
Status make_new(const std::string& directory, const std::string& path) {
  const std::string unfinished = directory + unfinished_name;
  UniqueFd fd(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return failed("create", unfinished);
  fd.reset();
  TRY_STATUS(fill_new(unfinished));
  fd.reset(::open(unfinished.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return failed("write to disk", unfinished);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return failed("rename", unfinished);
  return files::sync_directory(directory);
}

Status check_kind(Connection& connection) {
  TRY(application, connection.first_value("PRAGMA application_id"));
  TRY(version, connection.first_value("PRAGMA user_version"));
  const int found = std::atoi(version.c_str());
  if (application != application_id || found < 1) {
    return fail(Code::corrupt, "this is no store of Polly's, or its beginning is lost");
  }
  if (found <= format) return {};
  return fail(Code::refused,
              "a newer Polly wrote it (format {}, this program knows {}); start that one, or a later one", found,
              format);
}

Status check_content(Connection& connection) {
  TRY(verdict, connection.first_value("PRAGMA quick_check(1)"));
  std::replace(verdict.begin(), verdict.end(), '\n', ' ');
  if (verdict != "ok") return fail(Code::corrupt, "{}", verdict);
  TRY(states, connection.first_value("SELECT count(*) FROM state"));
  if (states != "1") return fail(Code::corrupt, "the revision is lost");
  return {};
}

Status check(Connection& connection) {
  auto status = check_kind(connection);
  if (status) status = check_content(connection);
  if (status || status.error().code != Code::corrupt) return status;
  return fail(Code::corrupt, "the database is damaged ({}); restore it from a backup", status.error().message);
}

}  // namespace

Result<SqliteFile> SqliteFile::open(const std::string& directory) {
  TRY_STATUS(files::make_directories(directory, 0700));
  SqliteFile file;
  file.path_ = directory + "/state.db";
  TRY(lock, lock_directory(directory));
  file.lock_ = std::move(lock);
  TRY_STATUS(files::remove_unfinished(directory));
  if (!files::exists(file.path_)) {
    if (files::exists(file.path_ + "-wal")) {
      return fail(Code::corrupt, "state.db is missing, but state.db-wal is there; restore both from a backup");
    }
    TRY_STATUS(make_new(directory, file.path_));
  }
  TRY(connection, Connection::open(file.path_));
  TRY_STATUS(check(connection));
  return file;
}

Result<Connection> SqliteFile::connect() const {
  TRY(connection, Connection::open(path_));
  TRY_STATUS(connection.run(writer_settings));
  return std::move(connection);
}

Result<Connection> SqliteFile::connect_reader() const {
  TRY(connection, Connection::open(path_));
  TRY_STATUS(connection.run(reader_settings));
  return std::move(connection);
}

}  // namespace polly::store
