// libsqlite3 with owners and Results. For the SQLite engine alone.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly::store {

// A prepared statement. Keys, values and their order are bytes, so text goes in and comes out as blobs.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // The bytes must stay until reset.
  Statement& bind(int index, std::string_view bytes);
  Statement& bind(int index, uint64_t number);
  // True: a row. False: done.
  Result<bool> step();
  // One step that yields no row.
  Status run();
  void reset();

  std::string bytes(int column) const;
  uint64_t number(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets at the end of a scope, so that no statement keeps a snapshot open.
class StatementUse {
 public:
  explicit StatementUse(Statement& statement) : statement_(statement) {}
  ~StatementUse() { statement_.reset(); }
  StatementUse(const StatementUse&) = delete;
  StatementUse& operator=(const StatementUse&) = delete;
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

// One thread at a time. Statements must go before their connection does.
class Connection {
 public:
  static Result<Connection> open(const std::string& path);

  Result<Statement> prepare(const char* sql);
  Status run(const char* sql);
  Result<std::string> first_value(const char* sql);  // "" when there is no row
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// What the last call on this connection said. exhausted: no space, and nothing was written.
Error sqlite_error(sqlite3* handle);

}  // namespace polly::store
