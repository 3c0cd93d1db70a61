// What the tests of the SQLite engine share.
#pragma once

#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

#include "swarm/store/sqlite.h"
#include "tests/base/scratch.h"
#include "tests/swarm/store/store_helpers.h"

namespace polly::store {

inline std::unique_ptr<Store> open_ok(const std::string& directory) {
  auto store = open_sqlite(directory);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

inline Error open_error(const std::string& directory) {
  const auto store = open_sqlite(directory);
  EXPECT_FALSE(store) << "opened";
  return store ? Error{} : store.error();
}

inline std::string content_of(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

inline void plant(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// Changes a database that nobody has open, as another program would.
inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

// Runs in another process, which dies without closing anything. Call while this one has a single thread.
inline pid_t in_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  return child;
}

inline bool wait_for(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

// Runs in a thread whose mounts nobody else sees; they go with the thread. False: this needs root.
inline bool in_own_mounts(const std::function<void()>& body) {
  bool possible = false;
  std::thread([&] {
    possible = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (possible) body();
  }).join();
  return possible;
}

}  // namespace polly::store
