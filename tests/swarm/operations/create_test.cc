#include <atomic>
#include <thread>

#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

using platform::Call;
using platform::When;

class Create : public CoordinatorTest {};

TEST_F(Create, AVolumeIsReadyAndOnThePlatformWhenItIsAnswered) {
  auto made = create("data");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->volume.state, Volume::State::ready);
  EXPECT_TRUE(fast().volume(made->volume.id));
  EXPECT_TRUE(state.operations()->empty());
}

TEST_F(Create, TheSameAgainIsTheSameVolume) {
  auto first = create("data");
  auto second = create("data");
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->existed);
  EXPECT_EQ(second->volume.id, first->volume.id);
}

TEST_F(Create, ATakenNameWithOtherOptionsIsRefused) {
  ASSERT_TRUE(create("data"));
  EXPECT_REFUSED(create("data", "", uint64_t{3} << 30), Code::exists, "size");
}

TEST_F(Create, ADriverThatSaysNoLeavesNothing) {
  fast().fail_next(Call::create, Code::exhausted);
  EXPECT_REFUSED(create("data"), Code::exhausted, "cannot create volume 'data' in pool 'fast'");
  EXPECT_FALSE(state.volume("data"));
  EXPECT_TRUE(state.operations()->empty());
  EXPECT_EQ(state.promised("fast")->value, 0u);
}

TEST_F(Create, AnAnswerThatWasLostIsFinishedInTheBackgroundWithoutASecondVolume) {
  fast().fail_next(Call::create, Code::unknown_outcome, When::after);
  EXPECT_REFUSED(create("data"), Code::unknown_outcome, "background");
  journal.resume();
  EXPECT_EQ(get("data").state, Volume::State::ready);
  EXPECT_EQ(fast().volumes().size(), 1u);
}

TEST_F(Create, AStoreThatLosesTheLastCommitIsCaughtUp) {
  faulty.fail_commit(2, Code::unknown_outcome, store::FaultyStore::When::before);
  EXPECT_FALSE(create("data"));
  EXPECT_EQ(get("data").state, Volume::State::creating);
  journal.resume();
  EXPECT_EQ(get("data").state, Volume::State::ready);
  EXPECT_EQ(fast().volumes().size(), 1u);
}

TEST_F(Create, ALimitedPoolPromisesNoMoreThanItHas) {
  EXPECT_TRUE(create("one", "", uint64_t{6} << 30));
  EXPECT_REFUSED(create("two", "", uint64_t{6} << 30), Code::exhausted, "4 GiB are free");
  EXPECT_TRUE(create("three", "", uint64_t{4} << 30));
}

TEST_F(Create, APoolThatIsLimitedLaterHasPromisedWhatIsInIt) {
  settings.pools[0].capacity.reset();
  pools = *Pools::make(settings);
  ASSERT_TRUE(create("one", "", uint64_t{6} << 30));
  settings.pools[0].capacity = uint64_t{10} << 30;
  pools = *Pools::make(settings);
  ASSERT_TRUE(pools.take_stock(state));
  EXPECT_REFUSED(create("two", "", uint64_t{6} << 30), Code::exhausted, "4 GiB are free");
  settings.pools[0].capacity = uint64_t{5} << 30;
  pools = *Pools::make(settings);
  ASSERT_TRUE(pools.take_stock(state));
  EXPECT_REFUSED(create("three", "", uint64_t{1} << 30), Code::exhausted, "0 B are free");
}

TEST_F(Create, SixteenAtOnceOfOneNameMakeOneVolume) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] {
      auto outcome = create("data");
      if (outcome && !outcome->existed) ++made;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(fast().volumes().size(), 1u);
}

TEST_F(Create, ManyAtOnceShareALimitedPoolExactly) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] {
      if (create("volume" + std::to_string(i), "", uint64_t{1} << 30)) ++made;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 10);
  EXPECT_EQ(state.promised("fast")->value, uint64_t{10} << 30);
}

class Trash : public CoordinatorTest {};

TEST_F(Trash, ARemovedVolumeFreesItsNameAndCanComeBack) {
  auto first = create("data");
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  EXPECT_EQ(state.volume("data").error().code, Code::not_found);
  auto second = create("data");
  ASSERT_TRUE(second);
  EXPECT_NE(second->volume.id, first->volume.id);
  EXPECT_REFUSED(restore(context, first->volume.id, "", "test"), Code::exists, "--name");
  auto back = restore(context, first->volume.id, "old", "test");
  ASSERT_TRUE(back);
  EXPECT_EQ(get("old").id, first->volume.id);
}

TEST_F(Trash, AMountedVolumeStaysAndItsUserIsNamed) {
  ASSERT_TRUE(create("data", "open"));
  join("node1");
  ASSERT_TRUE(mount("data", "db", "node1"));
  EXPECT_REFUSED(move_to_trash(context, "data", "test"), Code::busy, "attached to node 'node1', used by swarm/db");
}

TEST_F(Trash, PurgingDestroysTheDataAndGivesTheSpaceBack) {
  auto made = create("data");
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  ASSERT_TRUE(purge(context, journal, "data", "test"));
  EXPECT_TRUE(fast().volumes().empty());
  EXPECT_EQ(state.promised("fast")->value, 0u);
  EXPECT_TRUE(state.operations()->empty());
}

TEST_F(Trash, APurgeThatWasInterruptedIsFinished) {
  ASSERT_TRUE(create("data"));
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  fast().fail_next(Call::remove, Code::unavailable);
  EXPECT_FALSE(purge(context, journal, "data", "test"));
  EXPECT_REFUSED(restore(context, "data", "", "test"), Code::not_found, "in the trash");
  journal.resume();
  EXPECT_TRUE(fast().volumes().empty());
  EXPECT_TRUE(state.volumes()->empty());
}

TEST_F(Trash, OnlyWhatIsOverItsTimeIsPurged) {
  ASSERT_TRUE(create("data"));
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  purge_expired(context, journal, *state.volumes());
  EXPECT_EQ(fast().volumes().size(), 1u);
  clock.advance(settings.trash_retention + Millis(1));
  purge_expired(context, journal, *state.volumes());
  EXPECT_TRUE(fast().volumes().empty());
}

TEST_F(Trash, TwoOfOneNameAreToldApartByTheirIds) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(create("data"));
    ASSERT_TRUE(move_to_trash(context, "data", "test"));
  }
  EXPECT_REFUSED(restore(context, "data", "", "test"), Code::conflict, "by its id");
}

TEST_F(Create, AReleaseOfWhatIsNotMountedIsNoNewsOfTheVolume) {
  ASSERT_TRUE(create("data"));
  auto before = state.volume("data")->revision;
  ASSERT_TRUE(release_mount(context, journal, {get("data").id, "m1.gone", "node1", ""}));
  EXPECT_EQ(state.volume("data")->revision, before);
}

}  // namespace
}  // namespace polly::swarm
