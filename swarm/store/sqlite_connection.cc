#include "swarm/store/sqlite_connection.h"

#include <cerrno>

#include "base/system.h"

namespace polly::store {
namespace {

// The process alone holds the locks, and the index of the log is in its memory: another process cannot stall a commit,
// and a full disk cannot take mapped memory away from under a reader.
constexpr const char* vfs = "unix-excl";

// Only connections of this process can be in the way, and those are quick.
constexpr int busy_timeout_ms = 10'000;

bool is_disk_full(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT;
}

Code code_of(int sqlite_code, int system_error) {
  switch (sqlite_code) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return Code::exhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::busy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return is_disk_full(system_error) ? Code::exhausted : Code::unavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Code::unavailable;
    case SQLITE_TOOBIG:
      return Code::too_large;
    default:
      return Code::internal;
  }
}

}  // namespace

Error sqlite_error(sqlite3* handle) {
  const int extended = sqlite3_extended_errcode(handle);
  const int code = extended & 0xff;
  const int system_error =
      code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_FULL ? sqlite3_system_errno(handle) : 0;
  std::string message = sqlite3_errmsg(handle);
  if (system_error != 0) message += " (" + errno_text(system_error) + ")";
  return {code_of(code, system_error), fmt::format("{} [sqlite {}]", message, extended)};
}

Statement& Statement::bind(int index, std::string_view bytes) {
  // A null pointer would be NULL, not an empty blob.
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind(int index, uint64_t number) {
  sqlite3_bind_int64(statement_.get(), index, static_cast<sqlite3_int64>(number));
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(sqlite_error(sqlite3_db_handle(statement_.get())));
}

Status Statement::run() {
  const auto row = step();
  reset();
  if (!row) return fail(row.error());
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::string Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data != nullptr ? std::string(static_cast<const char*>(data), size) : std::string();
}

uint64_t Statement::number(int column) const {
  return static_cast<uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

Result<Connection> Connection::open(const std::string& path) {
  Connection connection;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
  connection.handle_.reset(handle);
  if (handle == nullptr) return fail(Code::exhausted, "no memory for a database connection");
  if (code != SQLITE_OK) return fail(sqlite_error(handle));
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return connection;
}

Result<Statement> Connection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return fail(sqlite_error(handle()));
  }
  return Statement(statement);
}

Status Connection::run(const char* sql) {
  if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(sqlite_error(handle()));
}

Result<std::string> Connection::first_value(const char* sql) {
  TRY(statement, prepare(sql));
  TRY(row, statement.step());
  return row ? statement.bytes(0) : std::string();
}

}  // namespace polly::store
