#include "base/system.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/exec.h"
#include "base/files.h"
#include "base/unique_fd.h"
#include "tests/base/scratch.h"

namespace polly {
namespace {

using namespace std::chrono_literals;

TEST(BootId, IsTheKernelsAndStaysTheSame) {
  EXPECT_EQ(boot_id().value().size(), 36U);
  EXPECT_EQ(boot_id().value(), boot_id().value());
}

TEST(BootId, ComesFromAFileWhereOneIsNamed) {
  Scratch dir;
  ::setenv("POLLY_BOOT_ID_FILE", (dir / "boot").c_str(), 1);
  EXPECT_EQ(boot_id().error().code, Code::not_found);
  ASSERT_TRUE(files::write_atomically(dir / "boot", "boot-of-node-2\n"));
  EXPECT_EQ(boot_id().value(), "boot-of-node-2");
  ASSERT_TRUE(files::write_atomically(dir / "boot", "\n"));
  EXPECT_EQ(boot_id().error().code, Code::corrupt);
  ::unsetenv("POLLY_BOOT_ID_FILE");
}

TEST(MakeId, Gives32HexDigitsThatDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(make_id());
  EXPECT_EQ(ids.size(), 1000U);
  for (const std::string& id : ids) {
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(Errno, HasATextAndACode) {
  EXPECT_EQ(errno_text(ENOSPC), "No space left on device");
  EXPECT_EQ(errno_code(ENOSPC), Code::exhausted);
  EXPECT_EQ(errno_code(ENOENT), Code::not_found);
  EXPECT_EQ(errno_code(EBUSY), Code::busy);
  EXPECT_EQ(errno_code(12345), Code::internal);
}

TEST(HostName, IsNotEmpty) {
  EXPECT_FALSE(host_name().empty());
}

TEST(Supervisor, IsToldOnItsSocket) {
  Scratch dir;
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = dir / "notify";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  notify_supervisor("READY=1");  // nobody listens
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_supervisor("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::array<char, 64> text{};
  EXPECT_EQ(::recv(fd.get(), text.data(), text.size(), 0), 7);
  EXPECT_STREQ(text.data(), "READY=1");
}

TEST(Signals, EndTheWaitForStopAndReportChildren) {
  // In a process of its own: signals belong to all threads of one.
  EXPECT_EXIT(
      {
        prepare_signals();
        std::atomic<bool> seen{false};
        std::jthread others([&] {
          (void)run({"true"}, 5s);
          for (int i = 0; i < 500 && !seen; ++i) std::this_thread::sleep_for(10ms);
          ::kill(::getpid(), SIGTERM);
        });
        wait_for_stop([&] { seen = true; });
        others.join();
        ::_exit(seen ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

TEST(SystemClock, RunsForwardAndSince1970) {
  const Millis before = system_clock().boottime();
  std::this_thread::sleep_for(5ms);
  EXPECT_GE((system_clock().boottime() - before).count(), 4);
  EXPECT_GT(system_clock().wall().count(), 1'600'000'000'000);
}

TEST(ManualClock, MovesOnlyByHand) {
  ManualClock clock;
  const Millis before = clock.wall();
  clock.advance(1500ms);
  EXPECT_EQ(clock.boottime(), 1500ms);
  EXPECT_EQ(clock.wall() - before, 1500ms);
}

TEST(Iso8601, WritesUtcWithMilliseconds) {
  EXPECT_EQ(iso8601(Millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(Millis(1'767'323'045'678)), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(iso8601(Millis(-1)), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace polly
