// Disks that are full, read-only, or break.
#include <sys/stat.h>

#include <atomic>

#include "base/exec.h"
#include "tests/swarm/store/sqlite_helpers.h"

namespace polly::store {
namespace {

constexpr std::chrono::seconds tool_time{30};

void mount_tmpfs(const std::string& path, const std::string& size) {
  ASSERT_EQ(::mount("none", path.c_str(), "tmpfs", 0, ("size=" + size).c_str()), 0) << strerror(errno);
}

void mount_ext4(const std::string& image, const std::string& path) {
  const auto made = run_ok({"mke2fs", "-q", "-t", "ext4", "-m", "0", image, "4M"}, tool_time);
  ASSERT_TRUE(made) << made.error().message;
  const auto mounted = run_ok({"mount", "-o", "loop", image, path}, tool_time);
  ASSERT_TRUE(mounted) << mounted.error().message;
}

// Small and large commits from several threads until the disk has been full for all of them. By key, whether it was
// acknowledged.
std::map<std::string, bool> fill(Store& store) {
  std::vector<std::map<std::string, bool>> told(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < told.size(); ++t) {
    threads.emplace_back([&, t] {
      const std::string value(t % 2 == 0 ? 100 : 60'000, 'x');
      for (int refused = 0, i = 0; refused < 5 && i < 5000; ++i) {
        const std::string key = fmt::format("k/{}/{}", t, i);
        const auto outcome = store.commit(put(key, value));
        told[t][key] = outcome.has_value();
        if (outcome) continue;
        ++refused;
        EXPECT_EQ(outcome.error().code, Code::exhausted) << outcome.error().message;
      }
      EXPECT_FALSE(told[t].rbegin()->first.empty());
    });
  }
  for (auto& thread : threads) thread.join();
  std::map<std::string, bool> all;
  for (auto& map : told) all.merge(map);
  return all;
}

void check_kept(Store& store, const std::map<std::string, bool>& told) {
  const auto held = all_records(store, "k/");
  for (const auto& [key, acknowledged] : told) EXPECT_EQ(held.contains(key), acknowledged) << key;
}

void fill_and_make_room(const std::string& directory) {
  auto store = open_ok(directory + "/store");
  ASSERT_NE(store, nullptr);
  plant(directory + "/ballast", std::string(1'000'000, 'x'));
  auto told = fill(*store);
  EXPECT_TRUE(std::any_of(told.begin(), told.end(), [](const auto& entry) { return !entry.second; }));
  check_kept(*store, told);
  EXPECT_EQ(now(*store), all_records(*store).size());

  std::filesystem::remove(directory + "/ballast");
  told.merge(std::map<std::string, bool>{{"k/again", true}});
  commit_ok(*store, put("k/again", std::string(60'000, 'x')));
  check_kept(*store, told);
  store.reset();
  check_kept(*open_ok(directory + "/store"), told);
}

TEST(SqliteOnAFullDisk, WritesNothingAndGoesOnWhenThereIsSpace) {
  Scratch scratch;
  const bool possible = in_own_mounts([&] {
    mount_tmpfs(scratch.path(), "4m");
    fill_and_make_room(scratch.path());
  });
  if (!possible) GTEST_SKIP() << "needs root";
}

TEST(SqliteOnAFullDisk, WritesNothingAndGoesOnWhenThereIsSpaceOnExt4) {
  Scratch scratch;
  const bool possible = in_own_mounts([&] {
    mount_tmpfs(scratch.path(), "16m");
    ::mkdir((scratch / "mnt").c_str(), 0755);
    mount_ext4(scratch / "image", scratch / "mnt");
    if (!testing::Test::HasFatalFailure()) fill_and_make_room(scratch / "mnt");
    ::umount2((scratch / "mnt").c_str(), 0);
  });
  if (!possible) GTEST_SKIP() << "needs root";
}

TEST(SqliteOnAFullDisk, IsRefusedToBegin) {
  Scratch scratch;
  const bool possible = in_own_mounts([&] {
    mount_tmpfs(scratch.path(), "64k");
    plant(scratch / "ballast", std::string(60'000, 'x'));
    EXPECT_EQ(open_error(scratch / "store").code, Code::exhausted);
    std::filesystem::resize_file(scratch / "ballast", 0);
    EXPECT_NE(open_ok(scratch / "store"), nullptr);
  });
  if (!possible) GTEST_SKIP() << "needs root";
}

TEST(SqliteOnAReadOnlyDisk, SaysThatItIs) {
  Scratch scratch;
  const bool possible = in_own_mounts([&] {
    mount_tmpfs(scratch.path(), "4m");
    commit_ok(*open_ok(scratch.path()), put("a", "1"));
    ASSERT_EQ(::mount("none", scratch.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4m"), 0);
    const Error error = open_error(scratch.path());
    EXPECT_EQ(error.code, Code::unavailable);
    EXPECT_EQ(error.message, "cannot open the store in '" + scratch.path() + "': cannot open '" + scratch.path() +
                                 "/lock': Read-only file system");
  });
  if (!possible) GTEST_SKIP() << "needs root";
}

}  // namespace
}  // namespace polly::store
