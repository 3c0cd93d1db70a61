#include "drivers/kit/loop_device.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "drivers/kit/mkfs.h"
#include "drivers/kit/mount.h"
#include "tests/drivers/support.h"

namespace polly::drivers::kit {
namespace {

constexpr std::chrono::seconds kPatience{3};

class Loops : public ::testing::Test {
 protected:
  UniqueFd image(const std::string& name, off_t size = 1 << 20) {
    UniqueFd fd(::open((scratch_ / name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_EQ(::ftruncate(fd.get(), size), 0);
    return fd;
  }
  test::Scratch scratch_;
  std::string name_ = test::fresh_id() + ".img";
};

TEST_F(Loops, LetGoWithTheLastDescriptor) {
  UniqueFd file = image(name_);
  {
    auto loop = attach_loop(file, name_, 4096);
    ASSERT_OK(loop);
    EXPECT_EQ(loop->size, 1u << 20);
    auto known = loops_of(name_);
    ASSERT_OK(known);
    ASSERT_EQ(known->size(), 1u);
    EXPECT_EQ((*known)[0].path, loop->path);
    EXPECT_EQ((*known)[0].backing_file, scratch_ / name_);
    EXPECT_EQ(backing_name((*known)[0].device), name_);
    EXPECT_CODE(wait_until_released(name_, std::chrono::milliseconds(50)), Code::busy);
  }
  EXPECT_OK(wait_until_released(name_, kPatience));
}

TEST_F(Loops, AreKnownByAFileThatIsGoneAndByNoLongerName) {
  UniqueFd file = image(name_);
  auto loop = attach_loop(file, name_, 4096);
  ASSERT_OK(loop);
  ASSERT_EQ(::unlink((scratch_ / name_).c_str()), 0);
  EXPECT_EQ(loops_of(name_).value().size(), 1u);
  EXPECT_TRUE(loops_of("x" + name_).value().empty());
  EXPECT_TRUE(loops_of(name_.substr(1)).value().empty());
}

TEST_F(Loops, AreAttachedByManyAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([this, i] {
      std::string name = std::to_string(i) + name_;
      UniqueFd file = image(name);
      for (int round = 0; round < 10; ++round) {
        auto loop = attach_loop(file, name, 4096);
        ASSERT_OK(loop);
        EXPECT_EQ(loops_of(name).value().size(), 1u);
        loop->fd.reset();
        EXPECT_OK(wait_until_released(name, kPatience));
      }
    });
  for (auto& thread : threads) thread.join();
}

TEST_F(Loops, MakeTheirNodesInADevOfAContainer) {
  // Own mount namespace: nobody else sees this /dev.
  ASSERT_EQ(::mount("none", "/dev", "tmpfs", 0, nullptr), 0);
  ::mknod("/dev/loop-control", S_IFCHR | 0600, makedev(10, 237));
  UniqueFd file = image(name_);
  auto loop = attach_loop(file, name_, 4096);
  bool made = loop && ::access(loop->path.c_str(), F_OK) == 0;
  if (loop) loop->fd.reset();
  ::unlink("/dev/loop-control");
  auto without = attach_loop(file, name_, 4096);
  ASSERT_EQ(::umount2("/dev", MNT_DETACH), 0);
  ASSERT_OK(loop);
  EXPECT_TRUE(made);
  EXPECT_CODE(without, Code::unavailable);
  EXPECT_OK(wait_until_released(name_, kPatience));
}

TEST_F(Loops, TellWhetherTheirFilesystemIsMounted) {
  UniqueFd file = image(name_, 16 << 20);
  auto loop = attach_loop(file, name_, 4096);
  ASSERT_OK(loop);
  ASSERT_OK(make_filesystem(loop->path, loop->size, "ext4", new_uuid(), false));
  EXPECT_OK(wait_until_unmounted(loop->path, kPatience));
  std::string point = scratch_ / "mnt";
  ASSERT_EQ(::mkdir(point.c_str(), 0700), 0);
  ASSERT_OK(mount_filesystem(loop->path, "ext4", point));
  EXPECT_CODE(wait_until_unmounted(loop->path, std::chrono::milliseconds(50)), Code::busy);
  ASSERT_OK(unmount(point));
  EXPECT_OK(wait_until_unmounted(loop->path, kPatience));
}

TEST_F(Loops, SayWhatCannotBeAttached) {
  UniqueFd directory(::open(scratch_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_CODE(attach_loop(directory, "d", 4096), Code::unavailable);
  EXPECT_EQ(backing_name(makedev(1, 3)), "");
}

}  // namespace
}  // namespace polly::drivers::kit
