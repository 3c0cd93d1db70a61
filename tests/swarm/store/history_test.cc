#include "swarm/store/history.h"

#include <thread>

#include "tests/swarm/store/store_helpers.h"

namespace polly::store {
namespace {

using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

std::shared_ptr<History> history_of(size_t changes, Revision now = 0) {
  return std::make_shared<History>(now, History::Bounds{changes, 1000});
}

void publish(History& history, Revision revision, const std::vector<std::string>& keys) {
  std::vector<Change> changes;
  for (const std::string& key : keys) changes.push_back({key, "v", revision});
  history.publish(std::move(changes), revision);
}

TEST(History, KnowsNothingOfTheTimeBeforeItBegan) {
  const auto history = history_of(10, 7);
  EXPECT_TRUE(history->changed_below("a", 6));
  EXPECT_FALSE(history->changed_below("a", 7));
  EXPECT_TRUE(history->watch("a", 6)->next({})->compacted);
  EXPECT_FALSE(history->watch("a", 7)->next({})->compacted);
}

TEST(History, ForgetsTheOldestCommitsAndSaysSo) {
  const auto history = history_of(3);
  const auto early = history->watch("", 0);
  for (Revision revision = 1; revision <= 4; ++revision) publish(*history, revision, {"k"});
  EXPECT_TRUE(early->next({})->compacted);
  EXPECT_TRUE(history->changed_below("nothing", 0));
  EXPECT_FALSE(history->changed_below("nothing", 1));
  EXPECT_EQ(told(*history->watch("", 1)->next({})), (Lines{"put k=v@2", "put k=v@3", "put k=v@4"}));
}

TEST(History, ForgetsACommitAsAWhole) {
  const auto history = history_of(3);
  publish(*history, 1, {"a", "b", "c"});
  publish(*history, 2, {"d"});
  EXPECT_TRUE(history->watch("", 0)->next({})->compacted);
  EXPECT_EQ(told(*history->watch("", 1)->next({})), (Lines{"put d=v@2"}));
}

TEST(History, IsBoundedInBytesToo) {
  const auto history = history_of(100);
  history->publish({{"k", std::string(600, 'x'), 1}}, 1);
  history->publish({{"k", std::string(600, 'x'), 2}}, 2);
  EXPECT_TRUE(history->watch("", 0)->next({})->compacted);
  EXPECT_EQ(history->watch("", 1)->next({})->changes.size(), 1U);
  history->publish({{"k", std::string(6000, 'x'), 3}}, 3);
  EXPECT_TRUE(history->watch("", 2)->next({})->compacted);
  EXPECT_FALSE(history->watch("", 3)->next({})->compacted);
}

TEST(History, NeverCompactsAQuietWatch) {
  const auto history = history_of(3);
  const auto quiet = history->watch("quiet/", 0);
  for (Revision revision = 1; revision <= 100; ++revision) publish(*history, revision, {"loud"});
  publish(*history, 101, {"quiet/a"});
  const auto changes = quiet->next({});
  EXPECT_FALSE(changes->compacted);
  EXPECT_EQ(told(*changes), (Lines{"put quiet/a=v@101"}));
}

TEST(History, TakesAWatchFromARevisionThatReadersSawBeforeItWasPublished) {
  const auto history = history_of(10);
  history->announce(2);
  const auto watch = history->watch("", 2);
  publish(*history, 1, {"a"});
  publish(*history, 2, {"b"});
  EXPECT_TRUE(watch->next({})->changes.empty());
  publish(*history, 3, {"c"});
  EXPECT_EQ(told(*watch->next({})), (Lines{"put c=v@3"}));
}

TEST(History, EndsTheWaitingOfWatchesWhenItCloses) {
  auto history = history_of(10);
  const auto watch = history->watch("", 0);
  std::thread closer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    history->close();
    history.reset();
  });
  EXPECT_EQ(watch->next(milliseconds::max()).error().code, Code::unavailable);
  closer.join();
  EXPECT_EQ(watch->next({}).error().code, Code::unavailable);
}

TEST(History, ServesTwoThreadsOnOneWatch) {
  const auto history = history_of(1000);
  const auto watch = history->watch("", 0);
  std::atomic<size_t> seen = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      while (seen < 100) seen += watch->next(milliseconds(20))->changes.size();
    });
  }
  for (Revision revision = 1; revision <= 100; ++revision) publish(*history, revision, {"k"});
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, 100U);
}

}  // namespace
}  // namespace polly::store
