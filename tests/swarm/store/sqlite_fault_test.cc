// Every write and every sync of a run fails once, in turn.
#include <atomic>

#include "base/mutex.h"
#include "tests/swarm/store/sqlite_helpers.h"

namespace polly::store {
namespace {

// SQLite's way to the files, with calls that fail on demand. Stands in for the engine's own for the whole program, and
// does nothing until armed.
class Disk {
 public:
  static Disk& instance() {
    static Disk disk;
    return disk;
  }
  void fail_write(int nth, int code) { arm(writes_, nth, code); }
  void fail_sync(int nth, int code) { arm(syncs_, nth, code); }
  void heal() {
    writes_ = 0;
    syncs_ = 0;
  }
  // Whether the call that was to fail has come.
  bool failed() const { return failed_; }

 private:
  Disk() : real_(*sqlite3_vfs_find("unix-excl")), faulty_(real_) {
    faulty_.xOpen = [](sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out) {
      Disk& disk = instance();
      const int code = disk.real_.xOpen(&disk.real_, name, file, flags, out);
      if (code == SQLITE_OK) disk.hook(file);
      return code;
    };
    sqlite3_vfs_register(&faulty_, 0);  // found before the one of the same name
  }
  void arm(std::atomic<int>& counter, int nth, int code) {
    heal();
    failed_ = false;
    code_ = code;
    counter = nth;
  }
  bool counts_down(std::atomic<int>& counter) {
    if (counter <= 0 || --counter > 0) return false;
    failed_ = true;
    return true;
  }
  // Database and log have tables of their own, with the same functions for this.
  void hook(sqlite3_file* file) {
    Lock lock(mutex_);
    sqlite3_io_methods& methods = methods_.try_emplace(file->pMethods, *file->pMethods).first->second;
    if (methods.xWrite != write) real_write_ = methods.xWrite;
    if (methods.xSync != sync) real_sync_ = methods.xSync;
    methods.xWrite = write;
    methods.xSync = sync;
    file->pMethods = &methods;
  }
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    Disk& disk = instance();
    if (!disk.counts_down(disk.writes_)) return disk.real_write_.load()(file, data, size, at);
    disk.real_write_.load()(file, data, size / 2, at);  // as much as there was room for
    return disk.code_;
  }
  static int sync(sqlite3_file* file, int flags) {
    Disk& disk = instance();
    return disk.counts_down(disk.syncs_) ? disk.code_.load() : disk.real_sync_.load()(file, flags);
  }

  sqlite3_vfs real_, faulty_;
  Mutex mutex_;
  std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_ POLLY_GUARDED_BY(mutex_);  // by the real ones
  std::atomic<decltype(sqlite3_io_methods::xWrite)> real_write_ = nullptr;
  std::atomic<decltype(sqlite3_io_methods::xSync)> real_sync_ = nullptr;
  std::atomic<int> writes_ = 0, syncs_ = 0, code_ = 0;
  std::atomic<bool> failed_ = false;
};

enum class Outcome { kept, absent, either };

// Commits enough for checkpoints. By key, what is to become of the commit; two records each.
class Cargo {
 public:
  explicit Cargo(Store& store) : store_(store) {}

  void commit(const std::string& key, size_t size) {
    const std::string value(size, 'x');
    const auto outcome = store_.commit({{}, {{key, value}, {"twin/" + key, value}}});
    codes_.push_back(outcome ? std::nullopt : std::optional(outcome.error().code));
    const bool unknown = !outcome && outcome.error().code == Code::unknown_outcome;
    outcomes_[key] = outcome ? Outcome::kept : unknown ? Outcome::either : Outcome::absent;
  }
  void commit_all() {
    for (int i = 0; i < 3; ++i) commit(fmt::format("small/{}", i), 100);
    for (int i = 0; i < 10; ++i) commit(fmt::format("large/{}", i), 230'000);
    for (int i = 3; i < 6; ++i) commit(fmt::format("small/{}", i), 100);
  }
  // How many commits answered with this code.
  int count(std::optional<Code> code) const { return static_cast<int>(std::count(codes_.begin(), codes_.end(), code)); }
  void check(Store& store) const {
    for (const auto& [key, outcome] : outcomes_) {
      const bool there = value_of(store, key) != "(none)";
      EXPECT_EQ(there, value_of(store, "twin/" + key) != "(none)") << key;
      EXPECT_TRUE(outcome == Outcome::either || there == (outcome == Outcome::kept)) << key;
    }
  }

 private:
  Store& store_;
  std::vector<std::optional<Code>> codes_;
  std::map<std::string, Outcome> outcomes_;
};

// Later faults are like earlier ones: fewer and fewer of them.
int step_after(int nth) {
  return nth < 20 ? 1 : nth / 3;
}

class SqliteOnAFaultyDisk : public testing::Test {
 protected:
  void TearDown() override { disk_.heal(); }
  Disk& disk_ = Disk::instance();
};

TEST_F(SqliteOnAFaultyDisk, SurvivesEveryWriteThatFindsNoSpace) {
  bool failed = true;
  int nth = 1;
  for (; failed; nth += step_after(nth)) {
    SCOPED_TRACE(nth);
    Scratch scratch;
    auto store = open_ok(scratch.path());
    Cargo cargo(*store);
    disk_.fail_write(nth, SQLITE_FULL);
    cargo.commit_all();
    failed = disk_.failed();
    disk_.heal();
    // Space came back at once, so that the second attempt of the store itself went well.
    EXPECT_EQ(cargo.count(std::nullopt), 16);
    cargo.check(*store);
    store.reset();
    cargo.check(*open_ok(scratch.path()));
  }
  EXPECT_GT(nth, 1000);  // or the faults did not come
}

TEST_F(SqliteOnAFaultyDisk, KeepsWhatItPromisedWhicheverWriteFails) {
  bool failed = true;
  int nth = 1;
  for (; failed; nth += step_after(nth)) {
    SCOPED_TRACE(nth);
    Scratch scratch;
    auto store = open_ok(scratch.path());
    Cargo cargo(*store);
    disk_.fail_write(nth, SQLITE_IOERR_WRITE);
    cargo.commit_all();
    failed = disk_.failed();
    disk_.heal();
    EXPECT_LE(cargo.count(Code::unknown_outcome), 1);
    cargo.check(*store);
    store.reset();
    cargo.check(*open_ok(scratch.path()));
  }
  EXPECT_GT(nth, 1000);  // or the faults did not come
}

TEST_F(SqliteOnAFaultyDisk, TakesNoMoreCommitsAfterASyncFailed) {
  bool failed = true;
  int all_unknown = 0;
  for (int nth = 1; failed; nth += step_after(nth)) {
    SCOPED_TRACE(nth);
    Scratch scratch;
    auto store = open_ok(scratch.path());
    Cargo cargo(*store);
    disk_.fail_sync(nth, SQLITE_IOERR_FSYNC);
    cargo.commit_all();
    failed = disk_.failed();
    disk_.heal();
    const int unknown = cargo.count(Code::unknown_outcome);
    all_unknown += unknown;
    EXPECT_LE(unknown, 1);  // none, when it was the sync of a checkpoint
    EXPECT_TRUE(unknown == 0 || commit_error(*store, put("more", "1")) == Code::unavailable);
    EXPECT_EQ(cargo.count(std::nullopt) + unknown + cargo.count(Code::unavailable), 16);
    cargo.check(*store);
    store.reset();
    store = open_ok(scratch.path());
    cargo.check(*store);
    commit_ok(*store, put("more", "1"));
  }
  EXPECT_GE(all_unknown, 10);  // commits are acknowledged after a sync
}

}  // namespace
}  // namespace polly::store
