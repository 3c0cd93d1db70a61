// Volumes that their driver makes when they are attached for the first time.
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

using platform::Call;
using platform::When;

class FirstUse : public CoordinatorTest {
 protected:
  FirstUse() : CoordinatorTest(Json::object().set("made_at_first_use", true)) { join("node1"); }
};

TEST_F(FirstUse, UntilThenAVolumeIsOnRecordOnly) {
  auto made = create("data");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(get("data").state, Volume::State::ready);
  EXPECT_TRUE(fast().volumes().empty());
  EXPECT_TRUE(state.operations()->empty());
}

TEST_F(FirstUse, TheFirstMountMakesItAndTheSecondDoesNot) {
  ASSERT_TRUE(create("data", "open"));
  ASSERT_TRUE(mount("data", "db", "node1"));
  EXPECT_EQ(get("data").platform_id, get("data").id);
  EXPECT_EQ(fast().volumes().size(), 1u);
  ASSERT_TRUE(release("data", "db", "node1"));
  ASSERT_TRUE(mount("data", "db", "node1", 0, 2));
  EXPECT_EQ(fast().count(Call::create), 1u);
}

TEST_F(FirstUse, ADriverThatSaysNoLeavesItAsItWas) {
  ASSERT_TRUE(create("data", "open"));
  fast().fail_next(Call::create, Code::exhausted);
  EXPECT_REFUSED(mount("data", "db", "node1"), Code::exhausted, "cannot");
  EXPECT_TRUE(get("data").attachments.empty());
  EXPECT_TRUE(get("data").operation.empty());
  EXPECT_TRUE(mount("data", "db", "node1", 0, 2));
}

TEST_F(FirstUse, AnAnswerThatWasLostMakesNoSecondVolume) {
  ASSERT_TRUE(create("data", "open"));
  fast().fail_next(Call::create, Code::unknown_outcome, When::after);
  EXPECT_FALSE(mount("data", "db", "node1"));
  journal.resume();
  EXPECT_TRUE(mount("data", "db", "node1", 0, 2));
  EXPECT_EQ(fast().volumes().size(), 1u);
}

TEST_F(FirstUse, ACommitThatIsLostAfterItWasMadeIsCaughtUp) {
  ASSERT_TRUE(create("data", "open"));
  faulty.fail_commit(2, Code::unavailable, store::FaultyStore::When::before);
  EXPECT_FALSE(mount("data", "db", "node1"));
  journal.resume();
  EXPECT_TRUE(mount("data", "db", "node1", 0, 2));
  EXPECT_EQ(fast().volumes().size(), 1u);
  EXPECT_EQ(get("data").platform_id, get("data").id);
}

TEST_F(FirstUse, WhatWasNeverMadeIsDestroyedByItsRecordAlone) {
  auto made = create("data");
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  EXPECT_TRUE(purge(context, journal, made->volume.id, "test"));
  EXPECT_FALSE(state.volume_by_id(made->volume.id));
}

TEST_F(FirstUse, WhatWasMadeWithoutARecordOfItIsDestroyedToo) {
  auto made = create("data", "open");
  fast().fail_next(Call::create, Code::unknown_outcome, When::after);
  EXPECT_FALSE(mount("data", "db", "node1"));
  journal.resume();
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  EXPECT_TRUE(purge(context, journal, made->volume.id, "test"));
  EXPECT_TRUE(fast().volumes().empty());
}

}  // namespace
}  // namespace polly::swarm
