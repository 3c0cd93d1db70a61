// kill -9 in the middle of each call, at a random moment, again and again: afterwards nothing is leaked, the same call
// again succeeds, and what was written is there.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <random>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "drivers/kit/mount.h"
#include "tests/drivers/support.h"

namespace polly::drivers::test {
namespace {

using std::chrono::microseconds;
using Steady = std::chrono::steady_clock;

constexpr uint64_t kMiB = 1ULL << 20;
constexpr int kRounds = 40;

// The coordinator's record in a file, so that it outlives who was killed.
class RecordedGate : public FormatGate {
 public:
  explicit RecordedGate(std::string path) : path_(std::move(path)) {}
  Format read() const {
    std::istringstream text(files::read(path_).value_or(""));
    int state = 0;
    Format format;
    text >> state >> format.uuid;
    format.state = static_cast<Format::State>(state);
    return format;
  }
  Status begin(const std::string& uuid) override { return write(Format::State::formatting, uuid); }
  Status done(const std::string& uuid) override { return write(Format::State::formatted, uuid); }

 private:
  Status write(Format::State state, const std::string& uuid) {
    return files::write_atomically(path_, fmt::format("{} {}", static_cast<int>(state), uuid));
  }
  std::string path_;
};

struct Kind {
  std::string driver;
  std::string filesystem;
  uint64_t size;
};

class Crash : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    ASSERT_OK(files::make_directories(pool_));
    auto made = make_controller(GetParam().driver, {"polly", "p", Json::object().set("path", pool_)});
    ASSERT_OK(made);
    controller_ = std::move(*made);
    ASSERT_OK(controller_->check(request(fresh_id())));
    node_ = std::move(*make_node_half(GetParam().driver));
  }

  CreateRequest request(const std::string& id) { return create_request(id, GetParam().size, GetParam().filesystem); }

  Status stage_recorded(const TestVolume& volume) {
    RecordedGate gate(volume.request.directory + "/format");
    StageRequest staging = volume.request;
    staging.format = gate.read();
    return node_->stage(staging, gate).map([](const Staged&) {});
  }

  // Runs the action in a process that is killed some time between its start and when it would be done.
  void run_and_kill(const std::function<void()>& action) {
    pid_t child = ::fork();
    if (child == 0) {
      action();
      ::_exit(0);
    }
    auto begun = Steady::now();
    std::this_thread::sleep_for(microseconds(random_() % longest_.count()));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    // Aims at the whole length of the action: too late brings the next shot forward, in time lets it come later.
    auto took = std::chrono::duration_cast<microseconds>(Steady::now() - begun);
    longest_ = WIFEXITED(status) ? std::max(microseconds(1000), took) : longest_ * 5 / 4;
    if (!WIFEXITED(status)) ++killed_;
  }

  // The caller's retries: busy means that something of the killed process is still at work, mkfs for example.
  Status until_done(const std::function<Status()>& action) {
    auto deadline = Steady::now() + std::chrono::seconds(20);
    while (true) {
      Status status = action();
      if (status || status.error().code != Code::busy || Steady::now() > deadline) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  // What is attached is mounted, once what the dead process left has ended.
  void expect_no_leak(const TestVolume& volume) {
    auto deadline = Steady::now() + std::chrono::seconds(10);
    while (true) {
      auto table = kit::MountTable::read();
      ASSERT_OK(table);
      size_t mounted = table->at(kit::stage_point(volume.request.directory)) != nullptr ? 1 : 0;
      size_t wanted = GetParam().driver == "loop" ? mounted : 0;
      if (loops_below(scratch_.path()) == wanted) return;
      if (Steady::now() > deadline) {
        ADD_FAILURE() << loops_below(scratch_.path()) << " loop devices, " << mounted << " mounts";
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  Scratch scratch_;
  std::string pool_ = scratch_ / "pool";
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<NodeHalf> node_;
  std::minstd_rand random_{std::random_device{}()};
  microseconds longest_{20000};
  int killed_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Drivers, Crash,
                         ::testing::Values(Kind{"directory", "", 0}, Kind{"loop", "ext4", 16 * kMiB},
                                           Kind{"loop", "xfs", 300 * kMiB}),
                         [](const auto& kind) { return kind.param.driver + kind.param.filesystem; });

TEST_P(Crash, InCreateAndRemove) {
  for (int round = 0; round < kRounds; ++round) {
    std::string id = fresh_id();
    run_and_kill([&] { (void)controller_->create(request(id)); });
    auto seen = controller_->list();
    ASSERT_OK(seen);
    EXPECT_LE(seen->size(), 1u);
    ASSERT_OK(controller_->create(request(id)));
    seen = controller_->list();
    ASSERT_OK(seen);
    ASSERT_EQ(seen->size(), 1u);
    EXPECT_EQ((*seen)[0].volume_id, id);
    run_and_kill([&] { (void)controller_->remove(id); });
    ASSERT_OK(controller_->list());
    ASSERT_OK(controller_->remove(id));
    ASSERT_OK(files::remove_unfinished(pool_ + "/polly"));
    EXPECT_TRUE(files::list(pool_ + "/polly").value().empty()) << "something was left";
  }
  EXPECT_GT(killed_, kRounds / 4);
}

TEST_P(Crash, InTheFirstStage) {
  for (int round = 0; round < kRounds; ++round) {
    auto volume = make_volume(*controller_, scratch_, GetParam().size, GetParam().filesystem);
    ASSERT_OK(volume);
    run_and_kill([&] { (void)stage_recorded(*volume); });
    expect_no_leak(*volume);
    ASSERT_OK(until_done([&] { return stage_recorded(*volume); }));
    EXPECT_EQ(try_to_write(kit::data_path(volume->request.directory) + "/f"), 0);
    ASSERT_OK(node_->unstage(volume->request.volume_id, volume->request.directory));
    expect_no_leak(*volume);
    ASSERT_OK(controller_->remove(volume->platform_id));
  }
  EXPECT_GT(killed_, kRounds / 4);
}

TEST_P(Crash, InStageAndUnstageWithData) {
  auto volume = make_volume(*controller_, scratch_, GetParam().size, GetParam().filesystem);
  ASSERT_OK(volume);
  ASSERT_OK(stage_recorded(*volume));
  std::string note = kit::data_path(volume->request.directory) + "/note";
  write_text(note, "0");
  for (int round = 1; round <= kRounds; ++round) {
    run_and_kill([&] { (void)node_->unstage(volume->request.volume_id, volume->request.directory); });
    expect_no_leak(*volume);
    ASSERT_OK(until_done([&] { return node_->unstage(volume->request.volume_id, volume->request.directory); }));
    EXPECT_EQ(loops_below(scratch_.path()), 0u);
    run_and_kill([&] { (void)stage_recorded(*volume); });
    expect_no_leak(*volume);
    ASSERT_OK(until_done([&] { return stage_recorded(*volume); }));
    ASSERT_EQ(read_text(note), std::to_string(round - 1));
    write_text(note, std::to_string(round));
  }
  ASSERT_OK(node_->unstage(volume->request.volume_id, volume->request.directory));
  EXPECT_GT(killed_, kRounds / 4);
}

TEST_P(Crash, InPublishAndUnpublish) {
  auto volume = make_volume(*controller_, scratch_, GetParam().size, GetParam().filesystem);
  ASSERT_OK(volume);
  ASSERT_OK(stage_recorded(*volume));
  Staged staged = *node_->find(volume->request.volume_id, volume->request.directory);
  std::string target = volume->target(1);
  for (int round = 0; round < kRounds; ++round) {
    run_and_kill([&] { (void)node_->publish(staged, target, Access::read_only); });
    ASSERT_OK(node_->publish(staged, target, Access::read_only));
    EXPECT_EQ(try_to_write(target + "/f"), EROFS);
    run_and_kill([&] { (void)node_->unpublish(target); });
    ASSERT_OK(node_->unpublish(target));
    EXPECT_FALSE(files::exists(target));
  }
  ASSERT_OK(node_->unstage(volume->request.volume_id, volume->request.directory));
}

}  // namespace
}  // namespace polly::drivers::test
