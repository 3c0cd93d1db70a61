// What the contract of store.h says of watches, as tests, for every engine; see store_suite.h.
#pragma once

#include <map>
#include <thread>

#include "tests/swarm/store/store_suite.h"

namespace polly::store {

template <class Engine>
class StoreWatchSuite : public StoreSuite<Engine> {};
TYPED_TEST_SUITE_P(StoreWatchSuite);

TYPED_TEST_P(StoreWatchSuite, TellsAWatchWhatCameAfterItsRevision) {
  Store& store = this->store();
  const Revision seen = commit_ok(store, put("a", "1"));
  commit_ok(store, put("a", "2"));
  commit_ok(store, put("elsewhere", "1"));
  const auto watch = this->watch("a", seen);
  commit_ok(store, drop("a"));
  const auto changes = watch->next(no_wait);
  ASSERT_TRUE(changes);
  EXPECT_FALSE(changes->compacted);
  EXPECT_EQ(told(*changes), (Keys{"put a=2@2", "drop a@4"}));
  EXPECT_EQ(changes->revision, 4U);
  EXPECT_TRUE(watch->next(no_wait)->changes.empty());
}

TYPED_TEST_P(StoreWatchSuite, AnswersAWatchWithNothingAtItsDeadline) {
  const auto watch = this->watch("a", 0);
  const auto before = std::chrono::steady_clock::now();
  const auto changes = watch->next(milliseconds(50));
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(50));
  ASSERT_TRUE(changes);
  EXPECT_TRUE(changes->changes.empty());
  EXPECT_FALSE(changes->compacted);
}

TYPED_TEST_P(StoreWatchSuite, WakesAWatchThatWaits) {
  Store& store = this->store();
  const auto watch = this->watch("a/", 0);
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    commit_ok(store, put("b", "1"));
    commit_ok(store, put("a/x", "1"));
  });
  const auto changes = watch->next(long_wait);
  writer.join();
  EXPECT_EQ(told(*changes), (Keys{"put a/x=1@2"}));
}

TYPED_TEST_P(StoreWatchSuite, CarriesARevisionFromOneWatchToTheNext) {
  Store& store = this->store();
  commit_ok(store, put("a", "1"));
  const auto changes = this->watch("a", 0)->next(no_wait);
  EXPECT_TRUE(this->watch("a", changes->revision)->next(no_wait)->changes.empty());
  commit_ok(store, put("a", "2"));
  EXPECT_EQ(told(*this->watch("a", changes->revision)->next(no_wait)), (Keys{"put a=2@2"}));
}

TYPED_TEST_P(StoreWatchSuite, SendsAWatchFromARevisionToComeBackToTheList) {
  commit_ok(this->store(), put("a", "1"));
  const auto watch = this->watch("a", 100);
  EXPECT_TRUE(watch->next(no_wait)->compacted);
  EXPECT_TRUE(watch->next(no_wait)->compacted);
}

TYPED_TEST_P(StoreWatchSuite, TellsAWatchWhateverItListedBefore) {
  Store& store = this->store();
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) commit_ok(store, put("a", std::to_string(i)));
  });
  for (int i = 0; i < 200; ++i) {
    const auto page = store.list("a", "", 1);
    ASSERT_TRUE(page);
    const auto changes = this->watch("a", page->revision)->next(long_wait);
    ASSERT_TRUE(changes);
    ASSERT_FALSE(changes->compacted);
    ASSERT_FALSE(changes->changes.empty());
    EXPECT_EQ(changes->changes.front().revision, page->revision + 1);
  }
  stop = true;
  writer.join();
}

TYPED_TEST_P(StoreWatchSuite, LosesAndDoublesNoChangeAcrossThreads) {
  Store& store = this->store();
  constexpr int writers = 4, rounds = 60, watchers = 4;
  std::vector<std::thread> threads;
  std::vector<std::vector<Change>> seen(watchers);
  for (int w = 0; w < watchers; ++w) {
    threads.emplace_back([&, w] {
      const auto watch = this->watch("k/", 0);
      while (seen[w].size() < writers * rounds) {
        const auto changes = watch->next(long_wait);
        ASSERT_TRUE(changes && !changes->compacted && !changes->changes.empty());
        seen[w].insert(seen[w].end(), changes->changes.begin(), changes->changes.end());
      }
    });
  }
  for (int t = 0; t < writers; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const std::string number = std::to_string(i);
        commit_ok(store, {{}, {{"k/" + std::to_string(t), number}, {"other/" + std::to_string(t), number}}});
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& changes : seen) {
    ASSERT_EQ(changes.size(), static_cast<size_t>(writers * rounds));
    std::map<std::string, int> next;
    for (size_t i = 0; i < changes.size(); ++i) {
      EXPECT_EQ(changes[i].revision, i + 1);
      EXPECT_EQ(*changes[i].value, std::to_string(next[changes[i].key]++));
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(StoreWatchSuite, TellsAWatchWhatCameAfterItsRevision, AnswersAWatchWithNothingAtItsDeadline,
                            WakesAWatchThatWaits, CarriesARevisionFromOneWatchToTheNext,
                            SendsAWatchFromARevisionToComeBackToTheList, TellsAWatchWhateverItListedBefore,
                            LosesAndDoublesNoChangeAcrossThreads);

}  // namespace polly::store
