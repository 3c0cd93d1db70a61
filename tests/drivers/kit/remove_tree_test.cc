#include "drivers/kit/remove_tree.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/unique_fd.h"
#include "tests/drivers/support.h"

namespace polly::drivers::kit {
namespace {

constexpr std::chrono::seconds kPatience{30};

class RemoveTree : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(files::make_directories(tree_));
    ASSERT_OK(files::make_directories(outside_));
    test::write_text(outside_ + "/precious", "p");
  }
  Status remove() { return remove_tree(scratch_.path(), "tree", kPatience); }

  test::Scratch scratch_;
  std::string tree_ = scratch_ / "tree";
  std::string outside_ = scratch_ / "outside";
};

TEST_F(RemoveTree, RemovesAllKindsOfFiles) {
  ASSERT_OK(files::make_directories(tree_ + "/a/b/c"));
  test::write_text(tree_ + "/a/b/c/file", "x");
  test::write_text(tree_ + "/a/.hidden", "x");
  ASSERT_EQ(::mkfifo((tree_ + "/a/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((tree_ + "/null").c_str(), S_IFCHR | 0600, 0x103), 0);
  ASSERT_EQ(::link((outside_ + "/precious").c_str(), (tree_ + "/a/hard").c_str()), 0);
  ASSERT_EQ(::chmod((tree_ + "/a/b").c_str(), 0), 0);
  EXPECT_OK(remove());
  EXPECT_FALSE(files::exists(tree_));
  EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
  EXPECT_OK(remove());
}

TEST_F(RemoveTree, NeverFollowsALink) {
  ASSERT_OK(files::make_directories(tree_ + "/a"));
  ASSERT_EQ(::symlink(outside_.c_str(), (tree_ + "/link").c_str()), 0);
  ASSERT_EQ(::symlink("../../outside", (tree_ + "/a/link").c_str()), 0);
  EXPECT_OK(remove());
  EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
}

TEST_F(RemoveTree, DoesNotTakeALinkForTheTree) {
  ASSERT_EQ(::rmdir(tree_.c_str()), 0);
  ASSERT_EQ(::symlink("outside", tree_.c_str()), 0);
  EXPECT_CODE(remove(), Code::busy);
  EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
}

TEST_F(RemoveTree, StopsAtAMountOfTheSameFilesystem) {
  for (const std::string where : {"/mnt", "/a/b/mnt"}) {
    ASSERT_OK(files::make_directories(tree_ + where));
    ASSERT_EQ(::mount(outside_.c_str(), (tree_ + where).c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_CODE(remove(), Code::busy);
    EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
    // Directories above the mount may have moved up meanwhile: a mount goes with them.
    auto left = files::list(tree_);
    ASSERT_OK(left);
    EXPECT_FALSE(left->empty());
    for (const auto& entry : {tree_ + "/mnt", tree_ + "/a/b/mnt", tree_ + "/.up-1/mnt", tree_ + "/.up-2/mnt"})
      ::umount2(entry.c_str(), MNT_DETACH);
    EXPECT_OK(remove());
    EXPECT_EQ(test::read_text(outside_ + "/precious"), "p");
    ASSERT_OK(files::make_directories(tree_));
  }
}

TEST_F(RemoveTree, NeedsFewDescriptorsForDeepTrees) {
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  UniqueFd at(::open(tree_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < 1200; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "deeper", 0755), 0);
    at.reset(::openat(at.get(), "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    ASSERT_TRUE(at);
  }
  at.reset();
  rlimit few{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_OK(remove());
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(files::exists(tree_));
}

TEST_F(RemoveTree, CopesWithNamesLikeItsOwn) {
  for (const std::string name : {"/.up-1", "/.up-2/.up-1/.up-2", "/a/.up-1/x", "/.up-3"})
    ASSERT_OK(files::make_directories(tree_ + name));
  test::write_text(tree_ + "/.up-1/f", "x");
  test::write_text(tree_ + "/.up-4", "x");
  EXPECT_OK(remove());
  EXPECT_FALSE(files::exists(tree_));
}

TEST_F(RemoveTree, GoesOnWhereItHadToStop) {
  for (int i = 0; i < 1200; ++i) test::write_text(tree_ + "/" + std::to_string(i), "");
  EXPECT_CODE(remove_tree(scratch_.path(), "tree", std::chrono::milliseconds(0)), Code::timeout);
  EXPECT_TRUE(files::exists(tree_));
  EXPECT_OK(remove());
  EXPECT_FALSE(files::exists(tree_));
}

}  // namespace
}  // namespace polly::drivers::kit
