// What a crash leaves behind: a store that opens as it was after some commit, and no earlier than the last
// acknowledged.
#include <csignal>
#include <cstring>
#include <random>

#include "tests/swarm/store/sqlite_helpers.h"

namespace polly::store {
namespace {

// A thread of the child, and what it was promised.
struct Report {
  uint32_t thread;
  uint32_t number;
  Revision revision;
};

constexpr uint32_t threads = 4;

std::string mark(uint32_t thread, uint32_t number) {
  return fmt::format("mark/{}/{:08}", thread, number);
}

// Counts on from what the store holds, and tells each acknowledged commit.
[[noreturn]] void commit_for_ever(const std::string& directory, int report_fd) {
  const auto store = open_ok(directory);
  if (!store) ::_exit(1);
  std::vector<std::thread> workers;
  for (uint32_t t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      const std::string key = "counter/" + std::to_string(t);
      const std::string last = value_of(*store, key);
      for (uint32_t n = last == "(none)" ? 1 : static_cast<uint32_t>(std::stoul(last)) + 1;; ++n) {
        const Report report{t, n, commit_ok(*store, {{}, {{key, std::to_string(n)}, {mark(t, n), "x"}}})};
        if (::write(report_fd, &report, sizeof report) != sizeof report) ::_exit(1);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  ::_exit(1);
}

// Kills the child after a while; what it was told up to then.
std::vector<Report> run_until_killed(const std::string& directory, std::chrono::milliseconds life) {
  int reports[2];
  EXPECT_EQ(::pipe(reports), 0);
  const pid_t child = in_child([&] { commit_for_ever(directory, reports[1]); });
  ::close(reports[1]);
  std::vector<Report> heard;
  Report report{};
  const auto hear = [&] { return ::read(reports[0], &report, sizeof report) == sizeof report; };
  EXPECT_TRUE(hear());  // the first, or the child died
  heard.push_back(report);
  const auto end = std::chrono::steady_clock::now() + life;
  while (std::chrono::steady_clock::now() < end && hear()) heard.push_back(report);
  ::kill(child, SIGKILL);
  while (hear()) heard.push_back(report);
  ::close(reports[0]);
  ::waitpid(child, nullptr, 0);
  return heard;
}

void check_kept(Store& store, const std::vector<Report>& heard) {
  for (const Report& report : heard) EXPECT_EQ(revision_of(store, mark(report.thread, report.number)), report.revision);
  // A counter and its mark are of one commit.
  for (uint32_t t = 0; t < threads; ++t) {
    const std::string last = value_of(store, "counter/" + std::to_string(t));
    if (last == "(none)") continue;
    EXPECT_EQ(all_records(store, "mark/" + std::to_string(t) + "/").rbegin()->first,
              mark(t, static_cast<uint32_t>(std::stoul(last))));
  }
}

TEST(AKilledSqliteStore, LosesNothingThatItAcknowledged) {
  Scratch scratch;
  std::minstd_rand random(1);
  Revision before = 0;
  for (int round = 0; round < 12; ++round) {
    const auto heard = run_until_killed(scratch.path(), std::chrono::milliseconds(random() % 80));
    const auto store = open_ok(scratch.path());
    ASSERT_NE(store, nullptr);
    check_kept(*store, heard);
    EXPECT_GT(now(*store), before);
    before = now(*store);
  }
}

using State = std::map<std::string, std::string>;

// Commits of many sizes; after each, what the store holds. By revision.
std::vector<State> record_run(const std::string& directory) {
  std::vector<Transaction> transactions;
  for (int i = 0; i < 12; ++i) {
    Transaction transaction = put("k" + std::to_string(i % 4), std::string(static_cast<size_t>(i * i * 60), 'v'));
    if (i % 3 == 0) transaction.writes.push_back({"k" + std::to_string((i + 1) % 4), std::nullopt});
    transactions.push_back(transaction);
  }
  std::vector<State> states(1);
  for (const auto& transaction : transactions) {
    State next = states.back();
    for (const auto& write : transaction.writes) {
      if (write.value)
        next[write.key] = *write.value;
      else
        next.erase(write.key);
    }
    states.push_back(next);
  }
  EXPECT_TRUE(wait_for(in_child([&] {
    Store* store = open_ok(directory).release();  // not closed: the log stays
    for (const auto& transaction : transactions) commit_ok(*store, transaction);
  })));
  return states;
}

void check_goes_on(std::unique_ptr<Store> store, const std::string& directory) {
  const Revision before = now(*store);
  EXPECT_EQ(commit_ok(*store, put("after", "1")), before + 1);
  store.reset();
  EXPECT_EQ(value_of(*open_ok(directory), "after"), "1");
}

// Opens a copy with this log. Returns the revision it has.
Revision open_with_log(const std::string& database, const std::string& log, const std::vector<State>& states) {
  static int opened = 0;
  Scratch scratch;
  plant(scratch / "state.db", database);
  plant(scratch / "state.db-wal", log);
  auto store = open_ok(scratch.path());
  if (!store) return 0;
  const Revision revision = now(*store);
  EXPECT_LT(revision, states.size());
  EXPECT_EQ(all_records(*store), states[revision]);
  if (++opened % 16 == 0) check_goes_on(std::move(store), scratch.path());
  return revision;
}

class ASqliteLog : public testing::Test {
 protected:
  static constexpr size_t head_size = 32, frame_size = 24 + 4096;  // as SQLite documents its format

  void SetUp() override { ASSERT_EQ((log_.size() - head_size) % frame_size, 0U); }

  Scratch scratch_;
  const std::vector<State> states_ = record_run(scratch_.path());
  const std::string database_ = content_of(scratch_ / "state.db");
  const std::string log_ = content_of(scratch_ / "state.db-wal");
};

TEST_F(ASqliteLog, OpensAsAPrefixOfHistoryWhereverItIsCut) {
  std::vector<size_t> cuts;
  for (size_t cut = 0; cut < head_size; ++cut) cuts.push_back(cut);
  for (size_t frame = head_size; frame < log_.size(); frame += frame_size) {
    for (size_t in_frame : {size_t{0}, size_t{1}, size_t{24}, frame_size - 1}) cuts.push_back(frame + in_frame);
  }
  Revision before = 0;
  for (size_t cut : cuts) {
    const Revision revision = open_with_log(database_, log_.substr(0, cut), states_);
    EXPECT_GE(revision, before);
    before = revision;
  }
  EXPECT_EQ(open_with_log(database_, log_, states_), states_.size() - 1);
}

TEST_F(ASqliteLog, OpensAsAPrefixOfHistoryWhereverAByteIsWrong) {
  for (size_t at = 5; at < log_.size(); at += 2999) {
    std::string damaged = log_;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    open_with_log(database_, damaged, states_);
  }
}

}  // namespace
}  // namespace polly::store
