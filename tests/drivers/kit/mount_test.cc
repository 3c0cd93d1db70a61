#include "drivers/kit/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/unique_fd.h"
#include "tests/drivers/support.h"

namespace polly::drivers::kit {
namespace {

class Mounting : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(files::make_directories(source_));
    test::write_text(source_ + "/note", "here");
  }
  size_t mounts_at(const std::string& point) {
    auto table = MountTable::read();
    size_t count = 0;
    for (const auto& entry : table->entries()) count += entry.point == point ? 1 : 0;
    return count;
  }

  test::Scratch scratch_;
  std::string source_ = scratch_ / "source with blank";
  std::string target_ = scratch_ / "targets/one";
};

TEST_F(Mounting, PutsRightWhatACrashLeftBetweenBindAndReadOnly) {
  ASSERT_OK(files::make_directories(target_));
  ASSERT_OK(bind_mount(source_, target_));
  ASSERT_EQ(test::try_to_write(target_ + "/x"), 0);
  ASSERT_OK(publish(source_, target_, Access::read_only));
  EXPECT_EQ(test::try_to_write(target_ + "/y"), EROFS);
  EXPECT_EQ(mounts_at(target_), 1u);
  ASSERT_OK(publish(source_, target_, Access::read_write));
  EXPECT_EQ(test::try_to_write(target_ + "/y"), 0);
  EXPECT_EQ(mounts_at(target_), 1u);
}

TEST_F(Mounting, KeepsTheFlagsOfTheMountWhenMakingItReadOnly) {
  ASSERT_EQ(::mount("none", source_.c_str(), "tmpfs", MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr), 0);
  ASSERT_OK(publish(source_, target_, Access::read_only));
  auto text = files::read("/proc/thread-self/mountinfo");
  ASSERT_OK(text);
  size_t at = text->find(target_);
  ASSERT_NE(at, std::string::npos);
  std::string line = text->substr(at, text->find('\n', at) - at);
  EXPECT_NE(line.find("ro,nosuid,nodev,noexec"), std::string::npos) << line;
}

TEST_F(Mounting, KeepsTheFilesystemOfTheMountPointsWithWhatIsMountedThere) {
  std::string points = scratch_ / "points";
  ASSERT_OK(files::make_directories(points));
  ASSERT_OK(mount_points_in_memory(points));
  ASSERT_OK(publish(source_, points + "/volumes/one", Access::read_write));
  ASSERT_OK(mount_points_in_memory(points));
  EXPECT_EQ(mounts_at(points), 1u);
  EXPECT_EQ(test::read_text(points + "/volumes/one/note"), "here");
  ASSERT_OK(unpublish(points + "/volumes/one"));
  ASSERT_OK(unmount(points));
  EXPECT_FALSE(files::exists(points + "/volumes"));
}

TEST_F(Mounting, UnmountsAllLayers) {
  ASSERT_OK(files::make_directories(target_));
  ASSERT_OK(bind_mount(source_, target_));
  ASSERT_OK(bind_mount(source_, target_));
  ASSERT_OK(unpublish(target_));
  EXPECT_EQ(mounts_at(target_), 0u);
  EXPECT_FALSE(files::exists(target_));
}

TEST_F(Mounting, IsBusyWhileSomebodyIsInside) {
  ASSERT_OK(publish(source_, target_, Access::read_write));
  UniqueFd inside(::open(target_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_CODE(unpublish(target_), Code::busy);
  EXPECT_EQ(test::read_text(target_ + "/note"), "here");
  inside.reset();
  EXPECT_OK(unpublish(target_));
}

TEST_F(Mounting, LeavesWhatLiesUnderThePublication) {
  ASSERT_OK(files::make_directories(target_));
  test::write_text(target_ + "/mine", "x");
  ASSERT_OK(publish(source_, target_, Access::read_write));
  ASSERT_OK(unpublish(target_));
  EXPECT_EQ(test::read_text(target_ + "/mine"), "x");
}

TEST_F(Mounting, FindsMountsBehindLinks) {
  ASSERT_EQ(::symlink((scratch_ / "targets").c_str(), (scratch_ / "link").c_str()), 0);
  ASSERT_OK(files::make_directories(scratch_ / "targets"));
  ASSERT_OK(publish(source_, scratch_ / "link/one", Access::read_write));
  ASSERT_OK(publish(source_, scratch_ / "link/one", Access::read_write));
  EXPECT_EQ(mounts_at(target_), 1u);
  ASSERT_OK(unpublish(scratch_ / "link/one"));
  EXPECT_EQ(mounts_at(target_), 0u);
}

TEST_F(Mounting, SaysWhatIsWrong) {
  EXPECT_CODE(publish(scratch_ / "missing", target_, Access::read_write), Code::not_found);
  EXPECT_CODE(publish(source_, "relative", Access::read_write), Code::invalid);
  ::rmdir("relative");
  EXPECT_CODE(mount_filesystem("/dev/null", "ext4", source_), Code::unavailable);
  EXPECT_CODE(mount_filesystem("/dev/null", "nosuchfs", source_), Code::unsupported);
}

}  // namespace
}  // namespace polly::drivers::kit
