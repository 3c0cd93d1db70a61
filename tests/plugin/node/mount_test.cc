// Mount on one node, with a coordinator and a platform that do what they are told.
#include <thread>

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using drivers::memory::Call;
using std::chrono::seconds;

class MountTest : public ImpatientNodeTest {};

TEST_F(MountTest, MountsOnceStagedAndPublishedAndUnmountsToNothing) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  EXPECT_TRUE(path.starts_with(scratch / "mounts/" + volume.id + "/m1.")) << path;
  EXPECT_TRUE(files::exists(path));
  EXPECT_EQ(volumes().mountpoint("notes"), path);
  EXPECT_NE(journal_text(volume.id).find(R"("state":"mounted")"), std::string::npos);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(volumes().mountpoint("notes"), "");
  EXPECT_EQ(calls(Call::unstage), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_FALSE(files::exists(scratch / "mounts/" + volume.id));
}

TEST_F(MountTest, ASecondMountJoinsTheStageButIsDecidedOnItsOwn) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  ASSERT_OK(second, mount("notes", "m2", "c2"));
  EXPECT_NE(first, second);
  EXPECT_EQ(calls(Call::stage), 1u);
  EXPECT_EQ(calls(Call::publish), 2u);
  EXPECT_EQ(coordinator.claims().size(), 2u);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(calls(Call::unstage), 0u);
  EXPECT_EQ(volumes().mountpoint("notes"), second);
  EXPECT_DONE(volumes().unmount("notes", "m2"));
  EXPECT_EQ(calls(Call::unstage), 1u);
}

TEST_F(MountTest, ManyMountsOfOneVolumeAtOnceStageItOnce) {
  coordinator.add("notes");
  start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] { good += mount("notes", "m" + std::to_string(i)) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(calls(Call::stage), 1u);
}

TEST_F(MountTest, TheClaimCarriesWhoAsks) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1", "abc"));
  auto claim = coordinator.claims().at(0);
  EXPECT_EQ(claim.volume, "notes");
  EXPECT_TRUE(claim.mount_id.starts_with("m1.")) << claim.mount_id;
  EXPECT_EQ(claim.node, "n1");
  EXPECT_EQ(claim.session, "s1");
  ASSERT_EQ(claim.candidates.size(), 1u);
  EXPECT_EQ(claim.candidates[0].container, "abc");
  EXPECT_GT(claim.wait_ms, 90'000);
  EXPECT_LT(claim.wait_ms, 105'001);
}

TEST_F(MountTest, ASlowCoordinatorForOneVolumeDelaysNoOther) {
  coordinator.add("slow");
  coordinator.add("fast");
  coordinator.hang("mount slow");
  start();
  std::thread slow([&] { (void)mount("slow", "m1"); });
  EXPECT_TRUE(eventually([&] { return coordinator.count("mount") == 1; }));
  Stopwatch watch;
  EXPECT_TRUE(mount("fast", "m2"));
  EXPECT_DONE(volumes().unmount("fast", "m2"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  coordinator.heal();
  slow.join();
}

TEST_F(MountTest, ASlowPlatformForOneVolumeDelaysNoOther) {
  coordinator.add("slow");
  coordinator.add("fast");
  start();
  platform().hang_next(Call::stage);
  std::thread slow([&] { EXPECT_TRUE(mount("slow", "m1")); });
  EXPECT_TRUE(eventually([&] { return platform().hanging() == 1; }));
  Stopwatch watch;
  EXPECT_TRUE(mount("fast", "m2"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  platform().release();
  slow.join();
}

TEST_F(MountTest, TheMountOfARunningContainerIsMountedTwiceByDockerCp) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  // The container runs: nobody is being started.
  auto again = volumes().mount("notes", "m1", [](const std::string&) -> Result<node::Claimants> {
    return fail(Code::refused, "cannot tell who asks");
  });
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, first);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(coordinator.mounts("notes").size(), 1u);
  EXPECT_TRUE(files::exists(first));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AMountIdThatComesBackWithItsContainerStartedAnewIsDecidedAnew) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  ASSERT_OK(second, mount("notes", "m1", "c1"));
  EXPECT_EQ(coordinator.claims().size(), 2u);
  EXPECT_EQ(calls(Call::stage), 2u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 1; }));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return at_rest(); }));
}

TEST_F(MountTest, ANameThatWasGivenAgainIsMountedAsTheNewVolume) {
  auto former = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m0"));
  EXPECT_DONE(volumes().unmount("notes", "m0"));
  coordinator.hang("feed");  // this node does not hear of it
  coordinator.take_away("notes");
  auto latter = coordinator.add("notes");
  ASSERT_NE(former.id, latter.id);
  ASSERT_OK(mounted, mount("notes", "m1"));
  EXPECT_TRUE(mounted.starts_with(scratch / "mounts/" + latter.id + "/m1.")) << mounted;
  EXPECT_EQ(coordinator.mounts("notes"), std::set<std::string>{"m1"});
  coordinator.heal();
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, StagedUnderAnEpochThatPassedIsStagedAnew) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.lie([](MountAnswer& answer) { answer.epoch.number += 5; });
  auto second = mount("notes", "m2");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("before another node held it"), std::string::npos) << second.error().message;
  EXPECT_TRUE(files::exists(first));
}

TEST_F(MountTest, AMountIdThatIsNoFileNameIsRefused) {
  coordinator.add("notes");
  start();
  for (const auto* id : {"../x", "a/b", "", "stage", ".hidden"}) EXPECT_FALSE(mount("notes", id)) << id;
  EXPECT_FALSE(mount("notes", std::string(129, 'a')));
}

}  // namespace
}  // namespace polly::test
