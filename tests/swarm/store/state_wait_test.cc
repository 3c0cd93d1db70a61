#include "swarm/store/state.h"
#include "tests/swarm/store/sqlite_helpers.h"

namespace polly::store {
namespace {

using std::chrono::milliseconds;

milliseconds time_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

TEST(WaitingForAVolume, WaitsAlsoWhenItsRecordIsOlderThanTheHistory) {
  Scratch scratch;
  const Revision seen = commit_ok(*open_ok(scratch.path()), put("volume/a", "{}"));
  commit_ok(*open_ok(scratch.path()), put("volume/b", "{}"));
  const auto store = open_ok(scratch.path());
  State state(*store);
  EXPECT_GE(time_of([&] { EXPECT_TRUE(state.await_change("a", seen, milliseconds(50))); }), milliseconds(50));

  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(20));
    commit_ok(*store, put("volume/a", "{}"));
  });
  EXPECT_LT(time_of([&] { EXPECT_TRUE(state.await_change("a", seen, milliseconds(20'000))); }), milliseconds(15'000));
  writer.join();
}

TEST(WaitingForAVolume, EndsAtOnceWhenItHasChangedOrGoneAlready) {
  const auto scratch = std::make_unique<Scratch>();
  const auto store = open_ok(scratch->path());
  const Revision seen = commit_ok(*store, put("volume/a", "{}"));
  commit_ok(*store, put("volume/a", "{}"));
  commit_ok(*store, put("volume/ab", "{}"));
  State state(*store);
  EXPECT_TRUE(state.await_change("a", seen, milliseconds(20'000)));
  EXPECT_TRUE(state.await_change("gone", seen, milliseconds(20'000)));
  commit_ok(*store, drop("volume/a"));
  EXPECT_TRUE(state.await_change("a", now(*store), milliseconds(20'000)));
}

}  // namespace
}  // namespace polly::store
