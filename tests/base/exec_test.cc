#include "base/exec.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/system.h"
#include "tests/base/scratch.h"

namespace polly {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

Exit ran(const std::vector<std::string>& command, std::chrono::milliseconds timeout = 10s) {
  auto exit = run(command, timeout);
  EXPECT_TRUE(exit) << exit.error().message;
  return exit ? *exit : Exit{-1, ""};
}

TEST(Run, GivesExitCodeAndBothOutputs) {
  const Exit exit = ran({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(exit.code, 3);
  EXPECT_EQ(exit.output, "out\nerr\n");
}

TEST(Run, ReportsASignalAsAShellDoes) {
  EXPECT_EQ(ran({"sh", "-c", "kill -9 $$"}).code, 137);
}

TEST(Run, PassesArgumentsWithoutAShell) {
  EXPECT_EQ(ran({"printf", "%s|", "a b", "$HOME", "*", ""}).output, "a b|$HOME|*||");
}

TEST(Run, SaysThatThereIsNoSuchProgram) {
  EXPECT_EQ(run({"polly-no-such-program"}, 1s).error().code, Code::not_found);
  EXPECT_EQ(run({}, 1s).error().code, Code::invalid);
  EXPECT_EQ(run({"/etc/passwd"}, 1s).error().code, Code::refused);
}

TEST(Run, KillsTheWholeGroupAtTheDeadline) {
  const auto start = steady_clock::now();
  const auto result = run({"sh", "-c", "sleep 31.41 & sleep 31.41"}, 200ms);
  EXPECT_EQ(result.error().code, Code::timeout);
  EXPECT_LT(steady_clock::now() - start, 2s);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(ran({"pgrep", "-f", "sleep 31[.]41"}).code, 1);
}

TEST(Run, DoesNotWaitForWhatAProgramLeavesInTheBackground) {
  const auto start = steady_clock::now();
  EXPECT_EQ(ran({"sh", "-c", "sleep 3 & echo done"}).output, "done\n");
  EXPECT_LT(steady_clock::now() - start, 2s);
}

TEST(Run, GivesNoInputAndNoDescriptors) {
  EXPECT_EQ(ran({"cat"}).output, "");
  const int leaking = ::socket(AF_UNIX, SOCK_STREAM, 0);           // without SOCK_CLOEXEC
  EXPECT_EQ(ran({"ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3 is the directory that ls reads
  ::close(leaking);
}

TEST(Run, GivesASignalMaskThatBlocksNothing) {
  std::jthread([] {
    prepare_signals();
    EXPECT_EQ(ran({"sh", "-c", "kill -TERM $$; sleep 5"}).code, 128 + SIGTERM);
  }).join();
}

TEST(Run, KeepsTheLast64KiBOfALongOutput) {
  const Exit exit = ran({"sh", "-c", "yes | head -c 1000000; echo end"});
  EXPECT_EQ(exit.output.size(), 64U * 1024);
  EXPECT_TRUE(exit.output.ends_with("end\n"));
}

TEST(Run, LeavesNoZombies) {
  for (int i = 0; i < 20; ++i) ran({"true"});
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Run, WorksInManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 20; ++i) EXPECT_EQ(ran({"sh", "-c", "exit " + std::to_string(t)}).code, t);
    });
  }
}

TEST(RunOk, QuotesTheLastLineOfAFailure) {
  EXPECT_TRUE(run_ok({"true"}, 5s));
  const Status failed = run_ok({"sh", "-c", "echo first; echo 'mkfs: no space'; echo; exit 2"}, 5s);
  EXPECT_EQ(failed.error().message, "'sh' failed with exit code 2: mkfs: no space");
  EXPECT_EQ(run_ok({"false"}, 5s).error().message, "'false' failed with exit code 1");
  EXPECT_EQ(run_ok({"sh", "-c", "echo only; exit 1"}, 5s).error().message, "'sh' failed with exit code 1: only");
}

}  // namespace
}  // namespace polly
