#include <sys/stat.h>

#include "tests/swarm/store/sqlite_helpers.h"
#include "tests/swarm/store/store_watch_suite.h"

namespace polly::store {
namespace {

class SqliteEngine {
 public:
  Store& store() { return *store_; }

 private:
  Scratch scratch_;
  std::unique_ptr<Store> store_ = open_ok(scratch_ / "store");
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreSuite, SqliteEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, StoreWatchSuite, SqliteEngine);

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

// A closed store with a thousand records.
void make_store(const std::string& directory) {
  const auto store = open_ok(directory);
  for (int i = 0; i < 20; ++i) {
    Transaction transaction;
    for (int r = 0; r < 50; ++r) {
      transaction.writes.push_back({"record/" + std::to_string(i * 50 + r), std::string(200, 'x')});
    }
    commit_ok(*store, transaction);
  }
}

TEST(SqliteStore, HasEverythingAgainAfterItWasClosed) {
  Scratch scratch;
  auto store = open_ok(scratch.path());
  const Revision first = commit_ok(*store, put("a", "1"));
  const Revision second = commit_ok(*store, {{}, {{"b", "2"}, {"c", "3"}}});
  commit_ok(*store, drop("c"));
  store.reset();

  store = open_ok(scratch.path());
  EXPECT_EQ(all_records(*store), (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(revision_of(*store, "a"), first);
  EXPECT_EQ(revision_of(*store, "b"), second);
  EXPECT_EQ(now(*store), second + 1);
  EXPECT_EQ(commit_ok(*store, put("d", "4")), second + 2);
}

TEST(SqliteStore, KnowsNothingOfTheChangesBeforeItWasOpened) {
  Scratch scratch;
  auto store = open_ok(scratch.path());
  const Revision seen = commit_ok(*store, put("a", "1"));
  commit_ok(*store, drop("a"));
  store.reset();

  store = open_ok(scratch.path());
  EXPECT_TRUE((*store->watch("a", seen))->next({})->compacted);
  EXPECT_EQ(commit_error(*store, put("b", "1", {Compare::prefix_unchanged("a", seen)})), Code::conflict);
  commit_ok(*store, put("b", "1", {Compare::prefix_unchanged("a", now(*store))}));
}

TEST(SqliteStore, LeavesOneDatabaseBehindThatOnlyItsOwnerMayRead) {
  Scratch scratch;
  const std::string directory = scratch / "deep/store";
  auto store = open_ok(directory);
  commit_ok(*store, put("a", "1"));
  EXPECT_EQ(mode_of(directory), 0700U);
  EXPECT_EQ(mode_of(directory + "/state.db"), 0600U);
  EXPECT_EQ(mode_of(directory + "/state.db-wal"), 0600U);
  store.reset();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 2);  // and the lock
}

TEST(SqliteStore, EndsTheWaitingOfItsWatchesWhenItCloses) {
  Scratch scratch;
  auto store = open_ok(scratch.path());
  const auto watch = *store->watch("", 0);
  std::thread closer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    store.reset();
  });
  EXPECT_EQ(watch->next(long_wait).error().code, Code::unavailable);
  closer.join();
}

TEST(SqliteStore, IsForOneAtATime) {
  Scratch scratch;
  auto store = open_ok(scratch.path());
  const Error error = open_error(scratch.path());
  EXPECT_EQ(error.code, Code::busy);
  EXPECT_EQ(error.message, "cannot open the store in '" + scratch.path() +
                               "': another process has it open; one coordinator at a time may use a store directory");
  commit_ok(*store, put("a", "1"));
  store.reset();
  EXPECT_EQ(value_of(*open_ok(scratch.path()), "a"), "1");
}

TEST(SqliteStore, IsNotOpenedBesideAnotherProcess) {
  Scratch scratch;
  int ready[2], done[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(done), 0);
  const pid_t child = in_child([&] {
    const auto store = open_ok(scratch.path());
    char byte = 0;
    ::close(done[1]);
    if (::write(ready[1], "r", 1) != 1 || ::read(done[0], &byte, 1) != 0) ::_exit(2);
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(open_error(scratch.path()).code, Code::busy);
  ::close(done[1]);
  EXPECT_TRUE(wait_for(child));
  for (int fd : {ready[0], ready[1], done[0]}) ::close(fd);
  EXPECT_NE(open_ok(scratch.path()), nullptr);
}

TEST(SqliteStore, StartsAnewWhereAFirstStartWasCutShort) {
  Scratch scratch;
  plant(scratch / ".unfinished-state.db", "half");
  plant(scratch / ".unfinished-state.db-wal", "half");
  commit_ok(*open_ok(scratch.path()), put("a", "1"));
  EXPECT_FALSE(std::filesystem::exists(scratch / ".unfinished-state.db"));
}

TEST(SqliteStore, RefusesADatabaseOfANewerProgram) {
  Scratch scratch;
  make_store(scratch.path());
  run_sql(scratch / "state.db", "PRAGMA user_version = 2");
  const Error error = open_error(scratch.path());
  EXPECT_EQ(error.code, Code::refused);
  EXPECT_EQ(error.message, "cannot open the store in '" + scratch.path() +
                               "': a newer Polly wrote it (format 2, this program knows 1); start that one, or a later "
                               "one");
}

TEST(SqliteStore, RefusesTheDatabaseOfAnotherProgram) {
  Scratch scratch;
  run_sql(scratch / "state.db", "CREATE TABLE record (key, value, revision)");
  EXPECT_EQ(open_error(scratch.path()).code, Code::corrupt);
}

TEST(SqliteStore, NeverTakesAnEmptyOrLostDatabaseForANewOne) {
  Scratch scratch;
  make_store(scratch.path());
  plant(scratch / "state.db", "");
  const Error error = open_error(scratch.path());
  EXPECT_EQ(error.code, Code::corrupt);
  EXPECT_EQ(error.message, "cannot open the store in '" + scratch.path() +
                               "': the database is damaged (this is no store of Polly's, or its beginning is lost); "
                               "restore it from a backup");
  EXPECT_EQ(content_of(scratch / "state.db"), "");

  std::filesystem::remove(scratch / "state.db");
  plant(scratch / "state.db-wal", "something");
  EXPECT_EQ(open_error(scratch.path()).code, Code::corrupt);
}

TEST(SqliteStore, SaysThatADatabaseIsDamaged) {
  Scratch scratch;
  make_store(scratch / "store");
  const std::string path = scratch / "store/state.db";
  const std::string whole = content_of(path);
  ASSERT_GT(whole.size(), 100'000U);

  plant(path, std::string(whole.size(), '?'));
  EXPECT_EQ(open_error(scratch / "store").code, Code::corrupt);
  plant(path, whole.substr(0, whole.size() / 2));
  EXPECT_EQ(open_error(scratch / "store").code, Code::corrupt);
  std::string hole = whole;
  hole.replace(whole.size() / 2 / 4096 * 4096, 4096, 4096, '\0');
  plant(path, hole);
  const Error error = open_error(scratch / "store");
  EXPECT_EQ(error.code, Code::corrupt);
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("restore it from a backup"), std::string::npos) << error.message;

  plant(path, whole);
  EXPECT_EQ(all_records(*open_ok(scratch / "store")).size(), 1000U);
}

TEST(SqliteStore, SaysWhereItCannotBe) {
  Scratch scratch;
  plant(scratch / "file", "x");
  EXPECT_EQ(open_error(scratch / "file").code, Code::exists);
  EXPECT_EQ(open_error("/proc/polly").code, Code::not_found);
}

TEST(SqliteStore, KeepsItsLogShortUnderAStreamOfCommitsAndReads) {
  Scratch scratch;
  const auto store = open_ok(scratch.path());
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) EXPECT_TRUE(store->list("", "", 100));
  });
  for (int i = 0; i < 400; ++i) {
    commit_ok(*store, put("k" + std::to_string(i % 5), std::string(200'000, static_cast<char>('a' + i % 26))));
  }
  stop = true;
  reader.join();
  EXPECT_LT(std::filesystem::file_size(scratch / "state.db-wal"), 80'000'000U * 9 / 10);
  EXPECT_LT(std::filesystem::file_size(scratch / "state.db"), 10'000'000U);
}

}  // namespace
}  // namespace polly::store
