// What is the directory driver's own: labels, and removals that must not leave the volume.
#include "drivers/directory/directory.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "drivers/kit/mount.h"
#include "tests/drivers/support.h"

namespace polly::drivers::directory {
namespace {

using test::create_request;
using test::fresh_id;

class Directory : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir(pool_.c_str(), 0755), 0);
    auto made = directory::make_controller({"polly", "p", Json::object().set("path", pool_)});
    ASSERT_OK(made);
    controller_ = std::move(*made);
    ASSERT_OK(controller_->check(create_request(fresh_id(), 0)));
    node_ = make_node_half();
    ASSERT_EQ(::mkdir(outside_.c_str(), 0755), 0);
    test::write_text(outside_ + "/precious", "p");
  }
  std::string create() {
    std::string id = fresh_id();
    EXPECT_OK(controller_->create(create_request(id, 0)));
    return id;
  }
  std::string place(const std::string& id) { return pool_ + "/polly/" + id; }

  test::Scratch scratch_;
  std::string pool_ = scratch_ / "pool";
  std::string outside_ = scratch_ / "outside";
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<NodeHalf> node_;
};

TEST_F(Directory, GoesOnWithWhatACrashLeftHalfMade) {
  std::string id = fresh_id();
  ASSERT_OK(files::make_directories(place(id) + "/data"));
  EXPECT_TRUE(controller_->list().value().empty());
  EXPECT_CODE(controller_->attach({id, "node1", {1, 1}, Access::read_write}), Code::not_found);
  EXPECT_OK(controller_->create(create_request(id, 0)));
  EXPECT_EQ(controller_->list().value().size(), 1u);
  std::string other = fresh_id();
  ASSERT_OK(files::make_directories(place(other) + "/data"));
  EXPECT_OK(controller_->remove(other));
  EXPECT_FALSE(files::exists(place(other)));
}

TEST_F(Directory, LeavesNothingWhenThePoolIsFull) {
  // With every number of files that are left, until one is enough.
  bool full = false;
  for (int files = 2; files < 12; ++files) {
    ASSERT_EQ(::mount("none", pool_.c_str(), "tmpfs", 0, fmt::format("nr_inodes={}", files).c_str()), 0);
    std::string id = fresh_id();
    auto ready = controller_->check(create_request(id, 0));
    auto made = ready ? controller_->create(create_request(id, 0)) : fail(ready.error());
    if (!made) {
      full = true;
      EXPECT_EQ(code_name(made.error().code), code_name(Code::exhausted)) << made.error().message;
      EXPECT_FALSE(files::exists(place(id)));
    }
    ASSERT_EQ(::umount(pool_.c_str()), 0);
    if (made && full) return;
  }
  ADD_FAILURE() << "never full, or never enough";
}

TEST_F(Directory, LeavesAloneWhatHasNoLabelOrAnothers) {
  std::string id = fresh_id();
  ASSERT_OK(files::make_directories(place(id) + "/data"));
  test::write_text(place(id) + "/data/work", "w");
  EXPECT_CODE(controller_->remove(id), Code::refused);
  std::string foreign = create();
  test::write_text(place(foreign) + kLabel, "{\"cluster\":\"other\",\"id\":\"" + foreign + "\",\"name\":\"n1\"}");
  EXPECT_CODE(controller_->remove(foreign), Code::refused);
  EXPECT_CODE(controller_->attach({foreign, "node1", {1, 1}, Access::read_write}), Code::refused);
  EXPECT_CODE(controller_->create(create_request(foreign, 0)), Code::refused);
  std::string broken = create();
  for (const std::string text : {"", "{", "[]", "{\"cluster\":7}"}) {
    test::write_text(place(broken) + kLabel, text);
    EXPECT_CODE(controller_->remove(broken), Code::corrupt);
  }
  EXPECT_TRUE(controller_->list().value().empty());
  for (const auto& left : {id, foreign, broken}) EXPECT_TRUE(files::exists(place(left)));
}

TEST_F(Directory, FinishesRemovalsThatACrashCut) {
  for (bool by_list : {true, false}) {
    std::string id = create();
    ASSERT_OK(files::make_directories(place(id) + "/data/deep/er"));
    test::write_text(place(id) + "/data/deep/er/f", "x");
    std::string leaving = pool_ + "/polly/.removing-" + id;
    ASSERT_EQ(::rename(place(id).c_str(), leaving.c_str()), 0);
    EXPECT_CODE(controller_->attach({id, "node1", {1, 1}, Access::read_write}), Code::not_found);
    if (by_list) {
      EXPECT_TRUE(controller_->list().value().empty());
    } else {
      EXPECT_OK(controller_->remove(id));
    }
    EXPECT_FALSE(files::exists(leaving));
  }
}

TEST_F(Directory, DoesNotRemoveWhatIsMountedOrMountedIn) {
  std::string id = create();
  std::string inside = place(id) + "/data/mnt";
  ASSERT_OK(files::make_directories(inside));
  ASSERT_OK(kit::bind_mount(outside_, inside));
  EXPECT_CODE(controller_->remove(id), Code::busy);
  ASSERT_OK(kit::unmount(inside));
  std::string elsewhere = scratch_ / "elsewhere";
  ASSERT_EQ(::mkdir(elsewhere.c_str(), 0755), 0);
  for (const std::string part : {"", kData}) {
    ASSERT_OK(kit::bind_mount(place(id) + part, elsewhere));
    EXPECT_CODE(controller_->remove(id), Code::busy);
    EXPECT_TRUE(files::exists(place(id) + kLabel)) << "nothing has changed";
    ASSERT_OK(kit::unmount(elsewhere));
  }
  EXPECT_OK(controller_->remove(id));
  EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
}

TEST_F(Directory, DoesNotFollowALinkOut) {
  std::string id = create();
  ASSERT_EQ(::symlink(outside_.c_str(), (place(id) + "/data/link").c_str()), 0);
  EXPECT_OK(controller_->remove(id));
  EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
}

TEST_F(Directory, NoticesThatTheStorageIsNotMounted) {
  auto made = test::make_volume(*controller_, scratch_, 0);
  ASSERT_OK(made);
  ASSERT_EQ(::mount("none", pool_.c_str(), "tmpfs", 0, nullptr), 0);  // as if nothing were mounted here
  EXPECT_CODE(test::stage(*node_, *made), Code::unavailable);
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 0)), Code::unavailable);
  auto another = create_request(fresh_id(), 0);
  another.first = false;
  EXPECT_CODE(controller_->check(another), Code::unavailable);  // there are volumes, so the pool was laid out
  EXPECT_CODE(controller_->remove(made->platform_id), Code::unavailable);  // its data is not gone, but away
  EXPECT_FALSE(files::exists(pool_ + "/polly"));
  ASSERT_EQ(::umount(pool_.c_str()), 0);
  ASSERT_EQ(::rename(pool_.c_str(), (scratch_ / "away").c_str()), 0);
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 0)), Code::unavailable);
  EXPECT_CODE(controller_->list(), Code::unavailable);
  EXPECT_FALSE(files::exists(pool_));
}

TEST_F(Directory, HoldsTheStorageWhileStaged) {
  ASSERT_EQ(::mount("none", pool_.c_str(), "tmpfs", 0, nullptr), 0);
  auto made = test::make_volume(*controller_, scratch_, 0);
  ASSERT_OK(made);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  ASSERT_EQ(::umount(pool_.c_str()), 0);  // by a mistaken administrator
  test::write_text(staged->path + "/note", "n");
  ASSERT_OK(node_->publish(*staged, made->target(1), Access::read_only));
  EXPECT_EQ(test::read_text(made->target(1) + "/note"), "n");
}

TEST_F(Directory, IsSharedByNodes) {
  auto made = test::make_volume(*controller_, scratch_, 0);
  ASSERT_OK(made);
  auto other = *made;
  other.request.directory = scratch_ / "node2";
  ASSERT_OK(files::make_directories(other.request.directory));
  auto here = test::stage(*node_, *made);
  auto there = test::stage(*node_, other);
  ASSERT_OK(here);
  ASSERT_OK(there);
  test::write_text(here->path + "/note", "n");
  EXPECT_EQ(test::read_text(there->path + "/note"), "n");
  EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
  EXPECT_EQ(test::read_text(there->path + "/note"), "n");
}

TEST_F(Directory, RefusesFilesystems) {
  EXPECT_CODE(controller_->check(create_request(fresh_id(), 0, "ext4")), Code::invalid);
  EXPECT_FALSE(controller_->capabilities().sizes);
  EXPECT_EQ(controller_->create(create_request(fresh_id(), 1 << 30)).value().size, 0u);
}

TEST_F(Directory, DoesNotMeasure) {
  EXPECT_CODE(node_->usage({"/tmp", ""}), Code::unsupported);
}

}  // namespace
}  // namespace polly::drivers::directory
