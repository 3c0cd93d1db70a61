#include "base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/unique_fd.h"
#include "tests/base/scratch.h"

namespace polly::files {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

void plant(const std::string& path, const std::string& content = "x") {
  std::ofstream(path) << content;
}

TEST(Files, ReadBackWhatWasWritten) {
  Scratch dir;
  const std::string content("a\0b\n", 4);
  ASSERT_TRUE(write_atomically(dir / "f", content));
  EXPECT_EQ(read(dir / "f").value(), content);
  ASSERT_TRUE(write_atomically(dir / "f", ""));
  EXPECT_EQ(read(dir / "f").value(), "");
}

TEST(Files, GetExactlyTheModeAskedFor) {
  Scratch dir;
  ASSERT_TRUE(write_atomically(dir / "f", "x"));
  EXPECT_EQ(mode_of(dir / "f"), 0600U);
  ASSERT_TRUE(write_atomically(dir / "f", "x", 0666));
  EXPECT_EQ(mode_of(dir / "f"), 0666U);
}

TEST(Files, NameThePathAndTheCauseWhenTheyCannotBeRead) {
  const auto missing = read("/nonexistent/file");
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(missing.error().message, "cannot read '/nonexistent/file': No such file or directory");
  EXPECT_FALSE(read("/tmp"));
}

TEST(Files, LargerThanTheLimitAreRefused) {
  Scratch dir;
  plant(dir / "f", std::string(5000, 'x'));
  EXPECT_EQ(read(dir / "f", 4999).error().code, Code::too_large);
  EXPECT_EQ(read(dir / "f", 5000).value().size(), 5000U);
  EXPECT_EQ(read("/dev/zero", 1000).error().code, Code::too_large);
}

TEST(Files, OfProcAreReadWhole) {
  EXPECT_GT(read("/proc/self/status").value().size(), 500U);
}

TEST(Files, LeaveNothingBehindWhenWritingFails) {
  Scratch dir;
  ASSERT_TRUE(make_directories(dir / "taken/inside"));
  EXPECT_FALSE(write_atomically(dir / "taken", "x"));
  EXPECT_FALSE(write_atomically(dir / "none/f", "x"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(Files, KeepTheOldContentWhenTheDiskIsFull) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP();
  Scratch dir;
  ASSERT_TRUE(make_directories(dir / "small"));
  if (::mount("tmpfs", (dir / "small").c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(write_atomically(dir / "small/f", "old"));
  const Status full = write_atomically(dir / "small/f", std::string(1'000'000, 'x'));
  EXPECT_EQ(full.error().code, Code::exhausted);
  EXPECT_EQ(read(dir / "small/f").value(), "old");
  EXPECT_EQ(list(dir / "small").value().size(), 1U);
  ::umount((dir / "small").c_str());
}

TEST(Files, NeverShowAHalfWrittenOneToReaders) {
  Scratch dir;
  const std::string first(20'000, 'a');
  const std::string second(30'000, 'b');
  ASSERT_TRUE(write_atomically(dir / "f", first));
  std::jthread writer([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      EXPECT_TRUE(write_atomically(dir / "f", second));
      EXPECT_TRUE(write_atomically(dir / "f", first));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto content = read(dir / "f");
    ASSERT_TRUE(content);
    EXPECT_TRUE(*content == first || *content == second);
  }
}

TEST(Files, CutShortByACrashAreNotListedAndCanBeClearedAway) {
  Scratch dir;
  plant(dir / ".unfinished-f.1-1");
  plant(dir / "f");
  EXPECT_EQ(list(dir.path()).value(), std::vector<std::string>{"f"});
  ASSERT_TRUE(remove_unfinished(dir.path()));
  EXPECT_FALSE(exists(dir / ".unfinished-f.1-1"));
  EXPECT_TRUE(exists(dir / "f"));
}

TEST(Files, AreListedSorted) {
  Scratch dir;
  for (const char* name : {"b", "a", ".c"}) plant(dir / name);
  EXPECT_EQ(list(dir.path()).value(), (std::vector<std::string>{".c", "a", "b"}));
  EXPECT_EQ(list(dir / "none").error().code, Code::not_found);
}

TEST(Directories, AreMadeWithTheirParents) {
  Scratch dir;
  EXPECT_TRUE(make_directories(dir / "a/b/c"));
  EXPECT_TRUE(make_directories(dir / "a/b/c/"));
  EXPECT_TRUE(make_directories(dir / "a//d"));
  plant(dir / "file");
  EXPECT_EQ(make_directories(dir / "file").error().code, Code::exists);
  EXPECT_FALSE(make_directories(dir / "file/below"));
}

TEST(Remove, DoesNotMindThatThereIsNothing) {
  Scratch dir;
  plant(dir / "f");
  EXPECT_TRUE(remove(dir / "f"));
  EXPECT_TRUE(remove(dir / "f"));
  EXPECT_TRUE(remove_tree(dir / "f"));
  EXPECT_TRUE(remove_tree(dir / "none/f"));
}

TEST(RemoveTree, TakesEverythingButWhatLinksPointTo) {
  Scratch dir;
  ASSERT_TRUE(make_directories(dir / "tree/a/b"));
  ASSERT_TRUE(make_directories(dir / "outside"));
  plant(dir / "outside/f");
  plant(dir / "tree/a/b/f");
  ASSERT_EQ(::symlink((dir / "outside").c_str(), (dir / "tree/a/link").c_str()), 0);
  EXPECT_TRUE(remove_tree(dir / "tree"));
  EXPECT_FALSE(exists(dir / "tree"));
  EXPECT_TRUE(exists(dir / "outside/f"));
}

TEST(RemoveTree, RemovesALinkAndNotItsTarget) {
  Scratch dir;
  ASSERT_TRUE(make_directories(dir / "target"));
  plant(dir / "target/f");
  ASSERT_EQ(::symlink((dir / "target").c_str(), (dir / "link").c_str()), 0);
  EXPECT_TRUE(remove_tree(dir / "link"));
  EXPECT_FALSE(exists(dir / "link"));
  EXPECT_TRUE(exists(dir / "target/f"));
}

TEST(RemoveTree, StopsAtAMountPointAndRemovesNothing) {
  Scratch dir;
  ASSERT_TRUE(make_directories(dir / "tree/a"));
  ASSERT_TRUE(make_directories(dir / "tree/mounted"));
  ASSERT_TRUE(make_directories(dir / "data"));
  plant(dir / "tree/a/f");
  plant(dir / "data/precious");
  // Of the same filesystem: the device does not tell it apart.
  if (::mount((dir / "data").c_str(), (dir / "tree/mounted").c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_EQ(remove_tree(dir / "tree").error().code, Code::busy);
  EXPECT_EQ(remove_tree(dir / "tree/mounted").error().code, Code::busy);
  EXPECT_TRUE(exists(dir / "data/precious"));
  EXPECT_TRUE(exists(dir / "tree/a/f"));
  ASSERT_EQ(::umount((dir / "tree/mounted").c_str()), 0);
  EXPECT_TRUE(remove_tree(dir / "tree"));
  EXPECT_TRUE(exists(dir / "data/precious"));
}

TEST(RemoveTree, RefusesPathsWithoutANameOfTheirOwn) {
  for (const char* path : {"/", "", ".", "/tmp/..", "/tmp/."}) EXPECT_FALSE(remove_tree(path)) << path;
}

TEST(PrivateFiles, AreReadWholeAndOnlyWhereNobodyElseCan) {
  Scratch dir;
  ASSERT_TRUE(write_atomically(dir / "key", "first\nsecond\n", 0600));
  EXPECT_EQ(read_private(dir / "key").value(), "first\nsecond\n");
  for (mode_t mode : {0640, 0604, 0620}) {
    ASSERT_EQ(::chmod((dir / "key").c_str(), mode), 0);
    EXPECT_EQ(read_private(dir / "key").error().code, Code::refused) << mode;
  }
  EXPECT_EQ(read_private(dir / "none").error().code, Code::not_found);
}

TEST(LockedDirectories, KeepOthersWaiting) {
  Scratch dir;
  auto held = lock_directory(dir.path());
  ASSERT_TRUE(held) << held.error().message;
  const UniqueFd other(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_NE(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
  held->reset();
  EXPECT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
  EXPECT_EQ(lock_directory(dir / "none").error().code, Code::not_found);
}

}  // namespace
}  // namespace polly::files
