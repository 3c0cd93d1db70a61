#include "swarm/policy/mount_policy.h"

#include <atomic>
#include <thread>

#include "swarm/operations/grants.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

using platform::Call;
using platform::When;

class MountDecision : public CoordinatorTest {
 protected:
  MountDecision() {
    join("node1");
    join("node2");
    EXPECT_TRUE(create("data"));
  }
};

TEST_F(MountDecision, WithoutAGrantItIsRefusedWithTheCommandThatChangesIt) {
  EXPECT_REFUSED(mount("data", "db", "node1"), Code::refused, "`polly grant data --to swarm/db`");
  EXPECT_TRUE(get("data").attachments.empty());
}

TEST_F(MountDecision, WithAGrantTheNodeHoldsItUnderTheNextEpoch) {
  grant("data", "swarm/db");
  auto answer = mount("data", "db", "node1");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->epoch.number, 1u);
  EXPECT_EQ(answer->access, Access::read_write);
  ASSERT_NE(get("data").attachment_on("node1"), nullptr);
  EXPECT_TRUE(get("data").operation.empty());
}

TEST_F(MountDecision, AReadOnlyGrantGivesAReadOnlyMountBesideTheHolder) {
  grant("data", "swarm/db");
  grant("data", "swarm/web", Access::read_only);
  ASSERT_TRUE(mount("data", "db", "node1"));
  auto answer = mount("data", "web", "node1");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->access, Access::read_only);
  EXPECT_EQ(answer->epoch.number, 1u) << "the holder did not change";
}

TEST_F(MountDecision, EveryMountIsDecidedAlsoOnAVolumeThatIsHeldHere) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  EXPECT_REFUSED(mount("data", "web", "node1"), Code::refused, "not granted to swarm/web");
}

TEST_F(MountDecision, ALiveHolderIsNamedAtOnce) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  EXPECT_REFUSED(mount("data", "web", "node2", 60'000), Code::refused, "held by swarm/db on node 'node1'");
}

TEST_F(MountDecision, AHolderThatIsLeavingIsWaitedFor) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  scheduler->states["db.1"] = Wanted::leaving;
  std::thread holder([&] {
    std::this_thread::sleep_for(Millis(100));
    EXPECT_TRUE(release("data", "db", "node1"));
  });
  auto answer = mount("data", "db", "node2", 20'000);
  holder.join();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->epoch.number, 2u);
  EXPECT_EQ(get("data").attachments.size(), 1u);
}

TEST_F(MountDecision, WaitingEndsWithTheTimeThatTheNodeHas) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  scheduler->states["db.1"] = Wanted::leaving;
  EXPECT_REFUSED(mount("data", "db", "node2", 50), Code::timeout, "waited for node 'node1'");
}

TEST_F(MountDecision, ASilentHolderIsNotTakenFor) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  clock.advance(settings.session_ttl + Millis(1));
  ASSERT_TRUE(sessions.heartbeat("node2", session_of("node2")));
  EXPECT_REFUSED(mount("data", "web", "node2", 60'000), Code::refused, "does not answer");
}

TEST_F(MountDecision, AGrantEndsWithItsTime) {
  ASSERT_TRUE(
      give_grant(context, "data", {ServicePattern{"swarm/db"}, Access::read_write, "", 0, now(context) + 1000}));
  clock.advance(Millis(999));
  EXPECT_TRUE(mount("data", "db", "node1"));
  clock.advance(Millis(1));
  EXPECT_REFUSED(mount("data", "db", "node1", 0, 2), Code::refused, "its grant expired at 2023-11-14 22:13:21Z");
}

TEST_F(MountDecision, APinnedGrantDoesNotHelpTheNextServiceOfThatName) {
  scheduler->ids["db"] = "id1";
  auto pin = policy.present_id(ServicePattern{"swarm/db"});
  ASSERT_TRUE(pin);
  ASSERT_TRUE(give_grant(context, "data", {ServicePattern{"swarm/db"}, Access::read_write, "", 0, 0, *pin}));
  EXPECT_TRUE(mount("data", "db", "node1"));
  scheduler->ids["db"] = "id2";
  EXPECT_REFUSED(mount("data", "db", "node1", 0, 2), Code::refused, "pinned to another service of that name");
}

TEST_F(MountDecision, OnlyASingleServiceThatIsThereCanBePinned) {
  scheduler->ids["db"] = "id1";
  for (const char* text : {"swarm/*", "swarm/-", "swarm/-@node1"})
    EXPECT_REFUSED(policy.present_id(ServicePattern{text}), Code::invalid, "names no single service");
  EXPECT_REFUSED(policy.present_id(ServicePattern{"swarm/web"}), Code::not_found, "there is no such service now");
  EXPECT_REFUSED(policy.present_id(ServicePattern{"mesos15/db"}), Code::not_found, "no scheduler 'mesos15'");
}

TEST_F(MountDecision, AForgedTaskIsRefused) {
  grant("data", "swarm/db");
  scheduler->forged.insert("db.1");
  EXPECT_REFUSED(mount("data", "db", "node1"), Code::refused, "is not there");
}

TEST_F(MountDecision, AContainerOutsideServicesNeedsAGrantForItsNode) {
  MountClaim claim{"data", "m1", "node1", session_of("node1"), {{"c1", "shell", "", Candidate::Phase::start}},
                   false,  0};
  EXPECT_REFUSED(policy.mount(claim), Code::refused, "swarm/-@node1");
  grant("data", "swarm/-@node1");
  EXPECT_TRUE(policy.mount(claim));
}

TEST_F(MountDecision, WhileTheEngineIsSilentOnlyContainersOutsideServicesCount) {
  grant("data", "swarm/db");
  MountClaim claim{"data", "m1", "node1", session_of("node1"), {}, true, 0};
  EXPECT_REFUSED(policy.mount(claim), Code::refused, "swarm/-@node1");
}

TEST_F(MountDecision, OfSeveralThatMayBeAskingAllMustBeAllowed) {
  grant("data", "swarm/db");
  MountClaim claim{"data", "m1", "node1", session_of("node1"), {}, false, 0};
  claim.candidates = {{"c1", "db.1", "db.1", Candidate::Phase::start}, {"c2", "shell", "", Candidate::Phase::start}};
  EXPECT_REFUSED(policy.mount(claim), Code::refused, "swarm/-@node1");
  grant("data", "swarm/-", Access::read_only);
  auto answer = policy.mount(claim);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->access, Access::read_only);
}

TEST_F(MountDecision, ARepeatedMountGetsTheSameAnswer) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  auto again = mount("data", "db", "node1");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->epoch.number, 1u);
  EXPECT_EQ(get("data").attachments[0].mounts.size(), 1u);
}

// An engine that lost power starts its containers under the mount ids that they had.
TEST_F(MountDecision, AfterABootTheSameIdIsDecidedAnew) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  clock.advance(settings.session_ttl + Millis(1));
  join("node1", "boot2");
  auto again = mount("data", "db", "node1", 5'000);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->epoch.number, 2u);
  ASSERT_EQ(get("data").attachments.size(), 1u);
  EXPECT_EQ(get("data").attachments[0].mounts.size(), 1u);
  EXPECT_EQ(get("data").attachments[0].session, session_of("node1"));
}

TEST_F(MountDecision, AMountThatWasGivenUpBeforeItWasDecidedIsNotRecorded) {
  grant("data", "swarm/db");
  ASSERT_TRUE(release("data", "db", "node1"));
  EXPECT_REFUSED(mount("data", "db", "node1"), Code::conflict, "gave this mount up");
  EXPECT_TRUE(get("data").attachments.empty());
}

TEST_F(MountDecision, AForeignOrOldSessionMountsNothing) {
  grant("data", "swarm/db");
  MountClaim claim{"data", "m1", "node1", "boot0.12345678", {}, false, 0};
  EXPECT_REFUSED(policy.mount(claim), Code::conflict, "another session");
}

TEST_F(MountDecision, AnUnknownVolumeIsNotFound) {
  EXPECT_REFUSED(mount("nosuch", "db", "node1"), Code::not_found, "no volume 'nosuch'");
}

TEST_F(MountDecision, ADriverThatWillNotAttachLeavesNoHolder) {
  grant("data", "swarm/db");
  fast().fail_next(Call::attach, Code::unavailable, When::after);
  EXPECT_FALSE(mount("data", "db", "node1"));
  EXPECT_TRUE(get("data").attachments.empty());
  EXPECT_TRUE(fast().volume(get("data").id)->attached.empty());
  auto answer = mount("data", "db", "node2");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->epoch.number, 2u) << "an epoch that may have been used is not given twice";
}

TEST_F(MountDecision, TheLastReleaseDetachesAndTheOthersDoNot) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  ASSERT_TRUE(mount("data", "web", "node1"));
  ASSERT_TRUE(release("data", "db", "node1"));
  EXPECT_NE(get("data").attachment_on("node1"), nullptr);
  ASSERT_TRUE(release("data", "web", "node1"));
  EXPECT_TRUE(get("data").attachments.empty());
  EXPECT_TRUE(fast().volume(get("data").id)->attached.empty());
}

TEST_F(MountDecision, ADetachThatFailsIsFinishedLaterAndNobodyGetsInBefore) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  fast().fail_next(Call::detach, Code::unavailable);
  ASSERT_TRUE(release("data", "db", "node1")) << "the node has done its part";
  EXPECT_REFUSED(mount("data", "web", "node2", 50), Code::timeout, "waited for node 'node1'");
  journal.resume();
  EXPECT_TRUE(mount("data", "web", "node2"));
}

TEST_F(MountDecision, ANewBootProvesTheOldMountsGone) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  clock.advance(settings.session_ttl + Millis(1));
  join("node1", "boot2");
  ASSERT_TRUE(sessions.heartbeat("node2", session_of("node2")));
  EXPECT_EQ(release_gone(context, journal, "node1", nullptr, *state.volumes()).size(), 1u);
  EXPECT_TRUE(mount("data", "web", "node2"));
}

TEST_F(MountDecision, OfManyAtOnceExactlyOneNodeWins) {
  grant("data", "swarm/*");
  for (int n = 3; n <= 8; ++n) join("node" + std::to_string(n));
  std::atomic<int> winners{0};
  std::vector<std::thread> threads;
  for (int n = 1; n <= 8; ++n)
    threads.emplace_back([&, n] {
      auto number = std::to_string(n);
      if (mount("data", "service" + number, "node" + number)) ++winners;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(get("data").attachments.size(), 1u);
}

TEST_F(MountDecision, TheFirstOwnerIsTheOneServiceThatMountsTheName) {
  CreateVolume request;
  request.name = "new";
  request.node = "node1";
  ASSERT_TRUE(sessions.report_engine("node1", session_of("node1"), {"swarmnode1", "20.10", "1"}, false));
  EXPECT_TRUE(policy.first_grants(request).empty());
  scheduler->owners = {{"swarm", "db", ""}};
  ASSERT_EQ(policy.first_grants(request).size(), 1u);
  EXPECT_EQ(policy.first_grants(request)[0].to.text, "swarm/db");
  scheduler->owners.push_back({"swarm", "web", ""});
  EXPECT_TRUE(policy.first_grants(request).empty()) << "of several, nobody owns it";
}

// The coordinator died between the record and the driver's answer: the node asks again while the rest is being done.
TEST_F(MountDecision, AClaimThatWaitsForItsOwnRecordIsRecordedOnce) {
  grant("data", "swarm/db");
  faulty.fail_commit(2, Code::unavailable, store::FaultyStore::When::before);
  ASSERT_FALSE(mount("data", "db", "node1"));
  ASSERT_EQ(get("data").attachments.at(0).state, Attachment::State::attaching);
  std::thread finishing([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    journal.resume();
  });
  auto answer = mount("data", "db", "node1", 20'000);
  finishing.join();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(get("data").attachments.at(0).mounts.size(), 1u);
  ASSERT_TRUE(release("data", "db", "node1"));
  EXPECT_TRUE(get("data").attachments.empty());
}

}  // namespace
}  // namespace polly::swarm
