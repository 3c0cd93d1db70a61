// The contract of store.h as tests, for every engine. An engine is a class with `Store& store()` that makes an empty
// one:
//     INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSuite, MemoryEngine);
// What it says of watches is in store_watch_suite.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/swarm/store/store_helpers.h"

namespace polly::store {

using std::chrono::milliseconds;

inline constexpr milliseconds no_wait{0};
inline constexpr milliseconds long_wait{20'000};

template <class Engine>
class StoreSuite : public testing::Test {
 protected:
  Store& store() { return engine_.store(); }
  std::unique_ptr<Watch> watch(const std::string& prefix, Revision after) {
    auto watch = store().watch(prefix, after);
    EXPECT_TRUE(watch) << watch.error().message;
    return std::move(*watch);
  }

 private:
  Engine engine_;
};
TYPED_TEST_SUITE_P(StoreSuite);

inline std::vector<std::string> keys_of(const Page& page) {
  std::vector<std::string> keys;
  for (const Record& record : page.records) keys.push_back(record.key);
  return keys;
}

using Keys = std::vector<std::string>;

TYPED_TEST_P(StoreSuite, BeginsEmpty) {
  Store& store = this->store();
  EXPECT_EQ(value_of(store, "a"), "(none)");
  const auto page = store.list("", "", 10);
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->records.empty());
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->revision, 0U);
}

TYPED_TEST_P(StoreSuite, ReadsBackWhatWasCommittedWithItsRevision) {
  Store& store = this->store();
  const Revision first = commit_ok(store, put("a", "1"));
  const Revision second = commit_ok(store, {{}, {{"b", "2"}, {"c", "3"}}});
  EXPECT_GT(second, first);
  const auto a = store.get("a");
  ASSERT_TRUE(a && *a);
  EXPECT_EQ((*a)->key, "a");
  EXPECT_EQ((*a)->value, "1");
  EXPECT_EQ((*a)->revision, first);
  EXPECT_EQ(revision_of(store, "b"), second);
  EXPECT_EQ(revision_of(store, "c"), second);
}

TYPED_TEST_P(StoreSuite, KeepsKeysAndValuesOfAnyBytes) {
  Store& store = this->store();
  const std::string key("k\0\xff\x80'", 5);
  const std::string value("\0\xfe\n", 3);
  commit_ok(store, {{}, {{key, value}, {"empty", ""}}});
  EXPECT_EQ(value_of(store, key), value);
  EXPECT_EQ(value_of(store, "empty"), "");
  EXPECT_EQ(value_of(store, "k"), "(none)");
}

TYPED_TEST_P(StoreSuite, GivesACommitThatOnlyComparesTheRevisionOfTheState) {
  Store& store = this->store();
  const Revision revision = commit_ok(store, put("a", "1"));
  EXPECT_EQ(commit_ok(store, {{Compare::revision_is("a", revision)}, {}}), revision);
  EXPECT_EQ(commit_error(store, {{Compare::absent("a")}, {}}), Code::conflict);
  EXPECT_EQ(now(store), revision);
}

TYPED_TEST_P(StoreSuite, TakesTheLastOfSeveralWritesToAKey) {
  Store& store = this->store();
  commit_ok(store, {{}, {{"a", "1"}, {"b", "1"}, {"a", std::nullopt}, {"a", "2"}, {"b", std::nullopt}}});
  EXPECT_EQ(all_records(store), (std::map<std::string, std::string>{{"a", "2"}}));
  EXPECT_EQ(told(*this->watch("", 0)->next(no_wait)), (Keys{"put a=2@1"}));
}

TYPED_TEST_P(StoreSuite, DeletesAndForgivesADeleteOfNothing) {
  Store& store = this->store();
  commit_ok(store, put("a", "1"));
  commit_ok(store, drop("a"));
  EXPECT_EQ(value_of(store, "a"), "(none)");
  const Revision before = now(store);
  EXPECT_GT(commit_ok(store, drop("a")), before);
  EXPECT_TRUE(this->watch("", before)->next(no_wait)->changes.empty());
  commit_ok(store, put("b", "1", {Compare::prefix_unchanged("a", before)}));
}

TYPED_TEST_P(StoreSuite, NeverUsesARevisionTwice) {
  Store& store = this->store();
  const Revision made = commit_ok(store, put("a", "1"));
  commit_ok(store, drop("a"));
  commit_ok(store, put("a", "1"));
  EXPECT_EQ(commit_error(store, put("a", "2", {Compare::revision_is("a", made)})), Code::conflict);
}

TYPED_TEST_P(StoreSuite, WritesNothingWhenOneCompareFails) {
  Store& store = this->store();
  const Revision revision = commit_ok(store, put("a", "1"));
  const Transaction transaction{{Compare::revision_is("a", revision), Compare::absent("b"), Compare::absent("a")},
                                {{"a", "2"}, {"b", "2"}}};
  const auto outcome = store.commit(transaction);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::conflict);
  EXPECT_EQ(outcome.error().message, "cannot commit: record 'a' exists already, since revision 1");
  EXPECT_EQ(all_records(store), (std::map<std::string, std::string>{{"a", "1"}}));
  EXPECT_EQ(now(store), revision);
}

TYPED_TEST_P(StoreSuite, ComparesTheRevisionOfARecord) {
  Store& store = this->store();
  const Revision first = commit_ok(store, put("a", "1"));
  const Revision second = commit_ok(store, put("a", "2", {Compare::revision_is("a", first)}));
  EXPECT_EQ(commit_error(store, put("a", "3", {Compare::revision_is("a", first)})), Code::conflict);
  EXPECT_EQ(commit_error(store, put("a", "3", {Compare::revision_is("a", second + 1)})), Code::conflict);
  EXPECT_EQ(commit_error(store, put("a", "3", {Compare::revision_is("nothing", second)})), Code::conflict);
  EXPECT_EQ(commit_error(store, put("a", "3", {Compare::revision_is("nothing", 0)})), Code::conflict);
  commit_ok(store, drop("a", {Compare::revision_is("a", second)}));
  commit_ok(store, put("a", "4", {Compare::absent("a")}));
}

TYPED_TEST_P(StoreSuite, ComparesAPrefixWithEveryWriteAndDeleteBelowIt) {
  Store& store = this->store();
  commit_ok(store, put("pool/a/x", "1"));
  const Revision seen = commit_ok(store, put("pool/a/y", "1"));
  const auto unchanged = [&](const std::string& prefix, Revision after) {
    return store.commit({{Compare::prefix_unchanged(prefix, after)}, {}}).has_value();
  };
  EXPECT_TRUE(unchanged("pool/", seen));
  EXPECT_FALSE(unchanged("pool/", seen - 1));
  EXPECT_TRUE(unchanged("nothing/", 0));

  const Revision elsewhere = commit_ok(store, put("pool/b", "1"));
  EXPECT_TRUE(unchanged("pool/a/", seen));
  EXPECT_FALSE(unchanged("pool/", seen));
  EXPECT_FALSE(unchanged("", seen));

  commit_ok(store, drop("pool/a/x"));
  EXPECT_FALSE(unchanged("pool/a/", elsewhere));
  EXPECT_TRUE(unchanged("pool/a/y", elsewhere));
  EXPECT_TRUE(unchanged("pool/a/", now(store)));
}

TYPED_TEST_P(StoreSuite, NeverFindsAPrefixUnchangedSinceARevisionToCome) {
  commit_ok(this->store(), put("a", "1"));
  EXPECT_EQ(commit_error(this->store(), put("b", "1", {Compare::prefix_unchanged("c", 100)})), Code::conflict);
}

TYPED_TEST_P(StoreSuite, NeverFindsAPrefixUnchangedSinceForgottenTimes) {
  Store& store = this->store();
  commit_ok(store, put("old/a", "1"));
  const Revision seen = now(store);
  commit_ok(store, drop("old/a"));
  for (int i = 0; i < 100; ++i) commit_ok(store, put("big", std::string(500'000, 'x')));
  EXPECT_EQ(commit_error(store, put("old/b", "1", {Compare::prefix_unchanged("old/", seen)})), Code::conflict);
  EXPECT_TRUE(this->watch("old/", seen)->next(no_wait)->compacted);
  commit_ok(store, put("old/b", "1", {Compare::prefix_unchanged("old/", now(store))}));
}

TYPED_TEST_P(StoreSuite, TakesWhatIsExactlyAtTheLimits) {
  Store& store = this->store();
  Transaction transaction;
  for (int i = 100; i < 164; ++i) {
    transaction.compares.push_back(Compare::absent(std::to_string(i)));
    transaction.writes.push_back({std::to_string(i), "v"});
  }
  size_t bytes = size_t{64} * (3 + 3 + 1);
  transaction.writes[0].value = std::string(512 * 1024 - bytes + 1, 'x');
  commit_ok(store, transaction);
  EXPECT_EQ(all_records(store).size(), 64U);

  transaction.compares.clear();
  for (int i = 0; i < 64; ++i) transaction.compares.push_back(Compare::revision_is("100", now(store)));
  transaction.writes[0].value->push_back('x');
  EXPECT_EQ(commit_error(store, transaction), Code::too_large);
}

TYPED_TEST_P(StoreSuite, RefusesWhatIsOverTheLimits) {
  Store& store = this->store();
  Transaction compares, writes;
  for (int i = 0; i < 65; ++i) {
    compares.compares.push_back(Compare::absent(std::to_string(i)));
    writes.writes.push_back({std::to_string(i), "v"});
  }
  EXPECT_EQ(commit_error(store, compares), Code::too_large);
  EXPECT_EQ(commit_error(store, writes), Code::too_large);
  EXPECT_EQ(commit_error(store, put(std::string(300'000, 'k'), std::string(300'000, 'v'))), Code::too_large);
  EXPECT_EQ(commit_error(store, put("", "v")), Code::invalid);
  EXPECT_EQ(now(store), 0U);
}

TYPED_TEST_P(StoreSuite, ListsKeysInTheOrderOfTheirBytes) {
  Store& store = this->store();
  for (const char* key : {"b", "a\xff", "a/2", "a", "a/10", "c"}) commit_ok(store, put(key, key));
  EXPECT_EQ(keys_of(*store.list("", "", 100)), (Keys{"a", "a/10", "a/2", "a\xff", "b", "c"}));
  EXPECT_EQ(keys_of(*store.list("a", "", 100)), (Keys{"a", "a/10", "a/2", "a\xff"}));
  EXPECT_EQ(keys_of(*store.list("a\xff", "", 100)), (Keys{"a\xff"}));
  EXPECT_EQ(keys_of(*store.list("a/", "a/10", 100)), (Keys{"a/2"}));
  EXPECT_EQ(keys_of(*store.list("b", "a", 100)), (Keys{"b"}));
  EXPECT_EQ(keys_of(*store.list("a", "b", 100)), (Keys{}));
}

TYPED_TEST_P(StoreSuite, ListsPrefixesThatHaveNoEnd) {
  Store& store = this->store();
  commit_ok(store, {{}, {{"\xff", "1"}, {"\xff\xff", "2"}, {"\xff\xff\x01", "3"}, {"a", "4"}}});
  EXPECT_EQ(keys_of(*store.list("\xff", "", 100)).size(), 3U);
  EXPECT_EQ(keys_of(*store.list("\xff\xff", "", 100)).size(), 2U);
}

TYPED_TEST_P(StoreSuite, ListsPageByPageAndSaysWhetherThereIsMore) {
  Store& store = this->store();
  for (const char* key : {"a1", "a2", "a3", "b"}) commit_ok(store, put(key, "v"));
  const auto first = store.list("a", "", 2);
  EXPECT_EQ(keys_of(*first), (Keys{"a1", "a2"}));
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->revision, now(store));
  const auto second = store.list("a", "a2", 2);
  EXPECT_EQ(keys_of(*second), (Keys{"a3"}));
  EXPECT_FALSE(second->more);
  EXPECT_FALSE(store.list("a", "", 3)->more);
  EXPECT_EQ(store.list("a", "", SIZE_MAX)->records.size(), 3U);
  EXPECT_TRUE(store.list("a", "", 0)->more);
}

// While four threads write records in pairs, a reader sees each commit whole, and never an older state than before.
TYPED_TEST_P(StoreSuite, ListsWholeCommitsWhileOthersWrite) {
  Store& store = this->store();
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      const std::string left = "pair/" + std::to_string(t);
      const std::string right = "pair/" + std::to_string(9 - t);
      for (int i = 0; !stop; ++i) commit_ok(store, {{}, {{left, std::to_string(i)}, {right, std::to_string(i)}}});
    });
  }
  Revision before = 0;
  for (int i = 0; i < 300; ++i) {
    const auto page = store.list("pair/", "", 100);
    ASSERT_TRUE(page);
    EXPECT_GE(page->revision, before);
    before = page->revision;
    const auto& records = page->records;
    for (size_t r = 0; r < records.size(); ++r) {
      EXPECT_EQ(records[r].value, records[records.size() - 1 - r].value);
      EXPECT_LE(records[r].revision, page->revision);
    }
  }
  stop = true;
  for (auto& writer : writers) writer.join();
}

// Pages are states of their own: what is there from first to last is on a page, and nothing is on two.
TYPED_TEST_P(StoreSuite, ListsEveryLastingRecordOnceWhileOthersComeAndGo) {
  Store& store = this->store();
  for (int i = 100; i < 200; ++i) commit_ok(store, put("k" + std::to_string(i) + "-stays", "v"));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string key = "k" + std::to_string(100 + i * 37 % 100) + "-comes";
      commit_ok(store, i % 3 != 0 ? put(key, "v") : drop(key));
    }
  });
  for (int round = 0; round < 20; ++round) {
    Keys keys;
    for (bool more = true; more;) {
      const auto page = store.list("k", keys.empty() ? "" : keys.back(), 7);
      ASSERT_TRUE(page);
      for (const auto& record : page->records) {
        EXPECT_TRUE(keys.empty() || keys.back() < record.key);
        keys.push_back(record.key);
      }
      more = page->more;
    }
    EXPECT_EQ(std::count_if(keys.begin(), keys.end(), [](auto& key) { return key.ends_with("-stays"); }), 100);
  }
  stop = true;
  writer.join();
}

TYPED_TEST_P(StoreSuite, CountsRightWhenSixteenThreadsCompareAndSwap) {
  Store& store = this->store();
  constexpr int threads = 16, rounds = 25, counters = 3;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int done = 0; done < rounds;) {
        const std::string key = "counter/" + std::to_string((t + done) % counters);
        const auto record = store.get(key);
        ASSERT_TRUE(record);
        const int old = *record ? std::stoi((*record)->value) : 0;
        const auto compare = *record ? Compare::revision_is(key, (*record)->revision) : Compare::absent(key);
        const auto outcome = store.commit(put(key, std::to_string(old + 1), {compare}));
        ASSERT_TRUE(outcome || outcome.error().code == Code::conflict) << outcome.error().message;
        if (outcome) ++done;
      }
    });
  }
  for (auto& worker : workers) worker.join();
  int sum = 0;
  for (const auto& [key, value] : all_records(store, "counter/")) sum += std::stoi(value);
  EXPECT_EQ(sum, threads * rounds);
  EXPECT_EQ(now(store), static_cast<Revision>(threads * rounds));
}

// Write skew: each takes the last place only if nobody took one since it looked.
TYPED_TEST_P(StoreSuite, GivesTheLastPlaceBelowAPrefixToOne) {
  Store& store = this->store();
  for (int round = 0; round < 20; ++round) {
    const std::string prefix = "place/" + std::to_string(round) + "/";
    std::atomic<int> taken = 0;
    const Revision seen = now(store);
    std::vector<std::thread> takers;
    for (int t = 0; t < 8; ++t) {
      takers.emplace_back([&, t] {
        taken += store.commit(put(prefix + std::to_string(t), "", {Compare::prefix_unchanged(prefix, seen)})) ? 1 : 0;
      });
    }
    for (auto& taker : takers) taker.join();
    EXPECT_EQ(taken, 1);
  }
}

TYPED_TEST_P(StoreSuite, ShowsAnAcknowledgedCommitToEveryLaterRead) {
  Store& store = this->store();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      const std::string key = "own/" + std::to_string(t);
      for (int i = 0; i < 40; ++i) {
        const Revision revision = commit_ok(store, put(key, std::to_string(i)));
        EXPECT_EQ(value_of(store, key), std::to_string(i));
        EXPECT_GE(store.list(key, "", 1)->revision, revision);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

REGISTER_TYPED_TEST_SUITE_P(StoreSuite, BeginsEmpty, ReadsBackWhatWasCommittedWithItsRevision,
                            KeepsKeysAndValuesOfAnyBytes, GivesACommitThatOnlyComparesTheRevisionOfTheState,
                            TakesTheLastOfSeveralWritesToAKey, DeletesAndForgivesADeleteOfNothing,
                            NeverUsesARevisionTwice, WritesNothingWhenOneCompareFails, ComparesTheRevisionOfARecord,
                            ComparesAPrefixWithEveryWriteAndDeleteBelowIt,
                            NeverFindsAPrefixUnchangedSinceARevisionToCome,
                            NeverFindsAPrefixUnchangedSinceForgottenTimes, TakesWhatIsExactlyAtTheLimits,
                            RefusesWhatIsOverTheLimits, ListsKeysInTheOrderOfTheirBytes, ListsPrefixesThatHaveNoEnd,
                            ListsPageByPageAndSaysWhetherThereIsMore, ListsWholeCommitsWhileOthersWrite,
                            ListsEveryLastingRecordOnceWhileOthersComeAndGo,
                            CountsRightWhenSixteenThreadsCompareAndSwap, GivesTheLastPlaceBelowAPrefixToOne,
                            ShowsAnAcknowledgedCommitToEveryLaterRead);

}  // namespace polly::store
