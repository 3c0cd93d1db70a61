// What is the loop driver's own: images, devices, locks.
#include "drivers/loop/loop.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exec.h"
#include "base/files.h"
#include "base/unique_fd.h"
#include "drivers/kit/loop_device.h"
#include "drivers/kit/mount.h"
#include "tests/drivers/support.h"

namespace polly::drivers::loop {
namespace {

using test::create_request;
using test::fresh_id;

constexpr uint64_t kMiB = 1ULL << 20;
constexpr unsigned long kShutdown = 0x8004587D;  // FS_IOC_SHUTDOWN, for ext4 too

class Loop : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir(pool_.c_str(), 0755), 0);
    controller_ = controller(Json::object());
    node_ = make_node_half();
  }
  std::unique_ptr<Controller> controller(Json settings) {
    settings.set("path", pool_);
    auto made = loop::make_controller({"polly", "p", settings});
    EXPECT_OK(made);
    return std::move(*made);
  }
  Result<test::TestVolume> volume(uint64_t size = 16 * kMiB, const std::string& filesystem = "ext4") {
    return test::make_volume(*controller_, scratch_, size, filesystem);
  }
  std::string image_of(const test::TestVolume& volume) {
    return fmt::format("{}/polly/{}.img", pool_, volume.request.volume_id);
  }
  Status unstage(const test::TestVolume& volume) {
    return node_->unstage(volume.request.volume_id, volume.request.directory);
  }

  test::Scratch scratch_;
  std::string pool_ = scratch_ / "pool";
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<NodeHalf> node_;
};

TEST_F(Loop, RefusesSizesBelowTheFilesystemsMinimumWithTheNumber) {
  auto refusal = [this](uint64_t size, const std::string& filesystem) {
    auto checked = controller_->check(create_request(fresh_id(), size, filesystem));
    return checked ? "" : checked.error().message;
  };
  EXPECT_NE(refusal(300 * kMiB - 4096, "xfs").find("300 MiB (314572800 bytes)"), std::string::npos);
  EXPECT_EQ(refusal(300 * kMiB - 4095, "xfs"), "") << "rounded up, it is enough";
  EXPECT_NE(refusal(8 * kMiB - 4096, "").find("8 MiB"), std::string::npos);
  EXPECT_NE(refusal(1, "ext4").find("8 MiB"), std::string::npos);
  EXPECT_NE(refusal(UINT64_MAX, "ext4").find("at most"), std::string::npos);
  for (auto [size, filesystem] : {std::pair(8 * kMiB, "ext4"), std::pair(300 * kMiB, "xfs")}) {
    auto made = volume(size, filesystem);
    ASSERT_OK(made);
    auto staged = test::stage(*node_, *made);
    ASSERT_OK(staged);
    EXPECT_OK(unstage(*made));
  }
}

TEST_F(Loop, GivesTheSmallestExt4AJournal) {
  auto made = volume(8 * kMiB);
  ASSERT_OK(made);
  ASSERT_OK(test::stage(*node_, *made));
  ASSERT_OK(unstage(*made));
  auto header = run({"dumpe2fs", "-h", image_of(*made)}, std::chrono::seconds(10));
  ASSERT_OK(header);
  EXPECT_NE(header->output.find("has_journal"), std::string::npos);
}

TEST_F(Loop, MakesTheDefaultSizeAndRoundsUp) {
  controller_ = controller(Json::object().set("provisioning", "thin"));
  auto standard = controller_->create(create_request(fresh_id(), 0));
  ASSERT_OK(standard);
  EXPECT_EQ(standard->size, 1024 * kMiB);
  EXPECT_EQ(standard->filesystem, "ext4");
  auto odd = controller_->create(create_request(fresh_id(), 16 * kMiB + 1));
  ASSERT_OK(odd);
  EXPECT_EQ(odd->size, 16 * kMiB + 4096);
}

TEST_F(Loop, KeepsTheSpaceOfAThickImage) {
  auto allocated = [](const std::string& image) {
    struct stat status {};
    EXPECT_EQ(::stat(image.c_str(), &status), 0);
    return static_cast<uint64_t>(status.st_blocks) * 512;
  };
  auto made = volume(32 * kMiB);
  ASSERT_OK(made);
  EXPECT_GE(allocated(image_of(*made)), 32 * kMiB);
  ASSERT_OK(test::stage(*node_, *made));
  ASSERT_OK(unstage(*made));
  EXPECT_GE(allocated(image_of(*made)), 32 * kMiB) << "mkfs gave it back";
  controller_ = controller(Json::object().set("provisioning", "thin"));
  auto thin = volume(32 * kMiB);
  ASSERT_OK(thin);
  EXPECT_LT(allocated(image_of(*thin)), kMiB);
}

TEST_F(Loop, LeavesNothingWhenThePoolIsFull) {
  for (const std::string filesystem : {"tmpfs", "ext4"}) {
    if (filesystem == "tmpfs") {
      ASSERT_EQ(::mount("none", pool_.c_str(), "tmpfs", 0, "size=48m"), 0);
    } else {
      ASSERT_TRUE(test::tool({"truncate", "-s", "64M", scratch_ / "small"}));
      ASSERT_TRUE(test::tool({"mkfs.ext4", "-q", scratch_ / "small"}));
      UniqueFd file(::open((scratch_ / "small").c_str(), O_RDWR | O_CLOEXEC));
      auto loop = kit::attach_loop(file, "small", 0);
      ASSERT_OK(loop);
      ASSERT_OK(kit::mount_filesystem(loop->path, "ext4", pool_));
    }
    auto first = controller_->create(create_request(fresh_id(), 30 * kMiB));
    ASSERT_OK(first);
    std::string id = fresh_id();
    for (int i = 0; i < 3; ++i) {
      EXPECT_CODE(controller_->create(create_request(id, 30 * kMiB)), Code::exhausted);
      EXPECT_EQ(files::list(pool_ + "/polly").value().size(), 2u) << "an image and its label";
    }
    ASSERT_OK(controller_->remove(first->platform_id));
    EXPECT_OK(controller_->create(create_request(id, 30 * kMiB)));
    ASSERT_OK(kit::unmount(pool_));
  }
}

TEST_F(Loop, CountsWhatIsPromisedAgainstTheLimit) {
  controller_ = controller(Json::object().set("provisioning", "thin").set("capacity", "100M"));
  ASSERT_OK(controller_->create(create_request(fresh_id(), 60 * kMiB)));
  auto capacity = controller_->capacity();
  ASSERT_OK(capacity);
  EXPECT_EQ(capacity->total, 100 * kMiB);
  EXPECT_EQ(capacity->free, 40 * kMiB);
}

TEST_F(Loop, RefusesAnImageThatADeviceHasAlready) {
  auto made = volume();
  ASSERT_OK(made);
  {
    UniqueFd file(::open(image_of(*made).c_str(), O_RDWR | O_CLOEXEC));
    auto other = kit::attach_loop(file, made->request.volume_id + ".img", 0);
    ASSERT_OK(other);
    EXPECT_CODE(test::stage(*node_, *made), Code::busy);
    EXPECT_EQ(made->request.format.state, Format::State::never);
  }
  EXPECT_OK(test::stage(*node_, *made));
}

TEST_F(Loop, RefusesAnImageThatIsLockedByWhateverName) {
  auto made = volume();
  ASSERT_OK(made);
  std::string link = scratch_ / "link";
  ASSERT_EQ(::link(image_of(*made).c_str(), link.c_str()), 0);
  UniqueFd file(::open(link.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(file.get(), LOCK_EX | LOCK_NB), 0);
  auto device = kit::attach_loop(file, "link", 0);
  ASSERT_OK(device);
  file.reset();  // the device holds the lock now
  EXPECT_CODE(test::stage(*node_, *made), Code::busy);
  EXPECT_CODE(controller_->remove(made->platform_id), Code::busy);
  device->fd.reset();
  EXPECT_OK(test::stage(*node_, *made));
  EXPECT_CODE(controller_->remove(made->platform_id), Code::busy);
  EXPECT_OK(unstage(*made));
  EXPECT_OK(controller_->remove(made->platform_id));
}

// Another process, in a mount namespace that was copied while the volume was staged: as a container that outlived its
// engine is.
TEST_F(Loop, IsBusyWhileTheFilesystemLivesInAnotherNamespace) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  test::write_text(staged->path + "/note", "kept");
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  if (child == 0) {
    bool apart = ::unshare(CLONE_NEWNS) == 0;
    [[maybe_unused]] auto n = ::write(ready[1], apart ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  auto busy = unstage(*made);
  EXPECT_CODE(busy, Code::busy);
  EXPECT_NE(busy.error().message.find("process " + std::to_string(child)), std::string::npos) << busy.error().message;
  auto found = node_->find(made->request.volume_id, made->request.directory);
  ASSERT_OK(found);
  EXPECT_EQ(found->path, staged->path) << "nothing has changed";
  EXPECT_EQ(test::read_text(staged->path + "/note"), "kept");
  // Our mount was lost in a crash: still nobody may think that the volume is free.
  ASSERT_OK(kit::unmount(kit::stage_point(made->request.directory)));
  EXPECT_CODE(unstage(*made), Code::busy);
  EXPECT_CODE(test::stage(*node_, *made), Code::busy);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_OK(unstage(*made));
  EXPECT_EQ(test::loops_below(scratch_.path()), 0u);
}

TEST_F(Loop, NoticesThatTheStorageIsNotMounted) {
  auto made = volume();
  ASSERT_OK(made);
  ASSERT_EQ(::mount("none", pool_.c_str(), "tmpfs", 0, nullptr), 0);  // as if nothing were mounted here
  auto another = test::create_request(test::fresh_id(), 16 << 20);
  another.first = false;
  EXPECT_CODE(controller_->check(another), Code::unavailable);
  EXPECT_CODE(controller_->create(another), Code::unavailable);
  EXPECT_CODE(controller_->remove(made->platform_id), Code::unavailable);  // its data is not gone, but away
  EXPECT_FALSE(files::exists(pool_ + "/polly"));
  ASSERT_EQ(::umount(pool_.c_str()), 0);
}

TEST_F(Loop, IsBusyWhileSomebodyIsInside) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  UniqueFd inside(::open(staged->path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_CODE(unstage(*made), Code::busy);
  EXPECT_EQ(node_->find(made->request.volume_id, made->request.directory).value().path, staged->path);
  inside.reset();
  EXPECT_OK(unstage(*made));
}

TEST_F(Loop, RefusesImagesThatAreNotTheVolumes) {
  auto made = volume();
  auto other = volume();
  ASSERT_OK(made);
  ASSERT_OK(other);
  auto wrong = *made;
  wrong.request.context.set("image", image_of(*other));
  EXPECT_CODE(test::stage(*node_, wrong), Code::corrupt);
  std::string link = scratch_ / (made->request.volume_id + ".img");
  ASSERT_EQ(::symlink("/etc/passwd", link.c_str()), 0);
  wrong.request.context.set("image", link);
  EXPECT_FALSE(test::stage(*node_, wrong));
  ASSERT_EQ(::unlink(link.c_str()), 0);
  ASSERT_EQ(::mkdir(link.c_str(), 0755), 0);
  EXPECT_FALSE(test::stage(*node_, wrong));
  wrong.request.context.set("image", "/not/mounted/" + made->request.volume_id + ".img");
  EXPECT_CODE(test::stage(*node_, wrong), Code::unavailable);
  EXPECT_EQ(test::loops_below(scratch_.path()), 0u);
}

TEST_F(Loop, RefusesAnImageThatWasCutShort) {
  auto made = volume();
  ASSERT_OK(made);
  ASSERT_EQ(::truncate(image_of(*made).c_str(), 8 * kMiB), 0);
  EXPECT_CODE(test::stage(*node_, *made), Code::corrupt);
  EXPECT_EQ(made->request.format.state, Format::State::never);
  EXPECT_EQ(test::loops_below(scratch_.path()), 0u);
}

TEST_F(Loop, RefusesAStagePointThatIsTaken) {
  auto made = volume();
  ASSERT_OK(made);
  std::string point = kit::stage_point(made->request.directory);
  ASSERT_OK(files::make_directories(point));
  ASSERT_EQ(::mount("none", point.c_str(), "tmpfs", 0, nullptr), 0);
  EXPECT_CODE(test::stage(*node_, *made), Code::busy);
  EXPECT_CODE(unstage(*made), Code::busy);
  EXPECT_CODE(node_->find(made->request.volume_id, made->request.directory), Code::busy);
}

TEST_F(Loop, UnstagesWhatWasShutDownAndFindsTheDataAgain) {
  for (auto [size, filesystem] : {std::pair(16 * kMiB, "ext4"), std::pair(300 * kMiB, "xfs")}) {
    auto made = volume(size, filesystem);
    ASSERT_OK(made);
    auto staged = test::stage(*node_, *made);
    ASSERT_OK(staged);
    test::write_text(staged->path + "/note", "synced");
    ASSERT_TRUE(test::tool({"sync", "-f", staged->path}));
    {
      UniqueFd inside(::open(staged->path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      uint32_t no_flush = 2;
      ASSERT_EQ(::ioctl(inside.get(), kShutdown, &no_flush), 0);
    }
    EXPECT_EQ(node_->find(made->request.volume_id, made->request.directory).value().path, staged->path);
    EXPECT_OK(unstage(*made));
    staged = test::stage(*node_, *made);
    ASSERT_OK(staged);
    EXPECT_EQ(test::read_text(staged->path + "/note"), "synced");
    EXPECT_OK(unstage(*made));
  }
}

TEST_F(Loop, UnstagesWhatSomebodyDeletedMeanwhile) {
  auto made = volume();
  ASSERT_OK(made);
  ASSERT_OK(test::stage(*node_, *made));
  ASSERT_EQ(::unlink(image_of(*made).c_str()), 0);
  EXPECT_NE(node_->find(made->request.volume_id, made->request.directory).value().path, "");
  EXPECT_OK(unstage(*made));
}

TEST_F(Loop, CompletesAStageThatACrashCutBehindTheMount) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  ASSERT_EQ(::rmdir(staged->path.c_str()), 0);
  auto found = node_->find(made->request.volume_id, made->request.directory);
  ASSERT_OK(found);
  EXPECT_EQ(found->path, "");
  EXPECT_EQ(found->device, staged->device);
  EXPECT_OK(test::stage(*node_, *made));
  EXPECT_TRUE(files::exists(staged->path));
}

TEST_F(Loop, DoesNotMakeThePathOfItsPool) {
  ASSERT_EQ(::rmdir(pool_.c_str()), 0);
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 16 * kMiB)), Code::unavailable);
  EXPECT_CODE(controller_->list(), Code::unavailable);
  EXPECT_CODE(controller_->remove(fresh_id()), Code::unavailable);
  EXPECT_CODE(controller_->capacity(), Code::unavailable);
  EXPECT_FALSE(files::exists(pool_));
}

TEST_F(Loop, LeavesImagesWithoutALabelAlone) {
  auto made = volume();
  ASSERT_OK(made);
  ASSERT_EQ(::unlink(fmt::format("{}/polly/{}.json", pool_, made->request.volume_id).c_str()), 0);
  EXPECT_CODE(controller_->remove(made->platform_id), Code::refused);
  EXPECT_TRUE(files::exists(image_of(*made)));
  EXPECT_TRUE(controller_->list().value().empty());
}

TEST_F(Loop, MeasuresItsFilesystem) {
  auto made = volume(32 * kMiB);
  ASSERT_OK(made);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  auto empty = node_->usage(*staged);
  ASSERT_OK(empty);
  EXPECT_GT(empty->total, 20 * kMiB);
  EXPECT_LE(empty->total, 32 * kMiB);
  test::write_text(staged->path + "/big", std::string(8 * kMiB, 'x'));
  ASSERT_TRUE(test::tool({"sync", "-f", staged->path}));
  EXPECT_GE(node_->usage(*staged).value().used, empty->used + 8 * kMiB);
}

}  // namespace
}  // namespace polly::drivers::loop
