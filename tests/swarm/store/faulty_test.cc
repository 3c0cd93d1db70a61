#include "swarm/store/faulty.h"

#include "swarm/store/memory.h"
#include "tests/swarm/store/store_helpers.h"

namespace polly::store {
namespace {

class AFaultyStore : public testing::Test {
 protected:
  const std::unique_ptr<Store> behind_ = make_memory_store();
  FaultyStore store_{*behind_};
};

TEST_F(AFaultyStore, WorksAsLongAsNoFaultIsAskedFor) {
  commit_ok(store_, put("a", "1"));
  EXPECT_EQ(value_of(store_, "a"), "1");
  EXPECT_EQ(all_records(store_).size(), 1U);
  EXPECT_EQ(told(*(*store_.watch("", 0))->next({})), (std::vector<std::string>{"put a=1@1"}));
}

TEST_F(AFaultyStore, FailsTheNthCommitOnceAndBeforeItTookEffect) {
  store_.fail_commit(2, Code::exhausted);
  commit_ok(store_, put("a", "1"));
  EXPECT_EQ(commit_error(store_, put("b", "1")), Code::exhausted);
  EXPECT_EQ(value_of(store_, "b"), "(none)");
  commit_ok(store_, put("b", "1"));
  EXPECT_EQ(store_.commits(), 3);
}

TEST_F(AFaultyStore, FailsACommitAfterItTookEffect) {
  store_.fail_commit(1, Code::unknown_outcome, FaultyStore::When::after);
  EXPECT_EQ(commit_error(store_, put("a", "1")), Code::unknown_outcome);
  EXPECT_EQ(value_of(store_, "a"), "1");
}

TEST_F(AFaultyStore, TellsAConflictAsItIs) {
  commit_ok(store_, put("a", "1"));
  store_.fail_commit(1, Code::unknown_outcome, FaultyStore::When::after);
  EXPECT_EQ(commit_error(store_, put("a", "2", {Compare::absent("a")})), Code::conflict);
}

TEST_F(AFaultyStore, IsHealedBeforeTheFaultCame) {
  store_.fail_commit(1, Code::unavailable);
  store_.heal();
  commit_ok(store_, put("a", "1"));
}

}  // namespace
}  // namespace polly::store
