#include "base/exec.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "base/mutex.h"
#include "base/system.h"
#include "base/unique_fd.h"

namespace polly {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr size_t kOutputLimit = 64 * 1024;
constexpr std::chrono::seconds kGraceAfterKill{1};

// Children that did not even die of SIGKILL (they wait for a disk that does not answer). Each later run looks after
// them, so that they do not stay zombies.
struct Undead {
  Mutex mutex;
  std::vector<pid_t> pids POLLY_GUARDED_BY(mutex);
};

Undead& undead() {
  static Undead instance;
  return instance;
}

void bury_undead() {
  Lock lock(undead().mutex);
  std::erase_if(undead().pids, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

struct SpawnPlan {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  explicit SpawnPlan(int output) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);  // Poco's sockets do not close themselves
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &none);    // ours blocks SIGTERM
    ::posix_spawnattr_setsigdefault(&attributes, &all);  // ours ignores SIGPIPE
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

class Child {
 public:
  static Result<Child> spawn(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed(command, errno);
    Child child;
    child.output_.reset(ends[0]);
    UniqueFd theirs(ends[1]);
    ::fcntl(child.output_.get(), F_SETFL, O_NONBLOCK);
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    SpawnPlan plan(theirs.get());
    const int error =
        ::posix_spawnp(&child.pid_, arguments[0], &plan.files, &plan.attributes, arguments.data(), environ);
    if (error == ENOENT) {
      return fail(Code::not_found, "cannot run '{}': no such program; install it or correct PATH", command[0]);
    }
    if (error != 0) return failed(command, error);
    // glibc 2.36 declares its wrapper for C only.
    child.handle_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
    return child;
  }

  // True when the program ended in time. Does not wait for the end of its output: what it left running in the
  // background may hold the pipe for ever.
  bool wait(SteadyTime deadline) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return false;
      std::array<pollfd, 2> events{pollfd{handle_.get(), POLLIN, 0}, pollfd{output_.get(), POLLIN, 0}};
      // Without a handle (a kernel before 5.3): look every 10 ms.
      const int64_t pause = handle_ ? left.count() : std::min<int64_t>(left.count(), 10);
      ::poll(events.data(), events.size(), static_cast<int>(std::min<int64_t>(pause, 60'000)));
      drain();
      if (ended()) return true;
    }
  }

  void kill() const { ::kill(-pid_, SIGKILL); }
  void leave_to_others() const {
    Lock lock(undead().mutex);
    undead().pids.push_back(pid_);
  }
  void drain() {
    std::array<char, 16 * 1024> buffer;
    while (output_) {
      const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
      if (n > 0) {
        text_.append(buffer.data(), static_cast<size_t>(n));
        if (text_.size() > 2 * kOutputLimit) text_.erase(0, text_.size() - kOutputLimit);
      } else if (n == 0) {
        output_.reset();
      } else if (errno != EINTR) {
        return;
      }
    }
  }
  Exit exit() {
    drain();
    if (text_.size() > kOutputLimit) text_.erase(0, text_.size() - kOutputLimit);
    return Exit{WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_), std::move(text_)};
  }
  bool lost() const { return lost_; }

 private:
  static tl::unexpected<Error> failed(const std::vector<std::string>& command, int error) {
    return fail(errno_code(error), "cannot run '{}': {}", command[0], errno_text(error));
  }
  bool ended() {
    const pid_t result = ::waitpid(pid_, &status_, WNOHANG);
    lost_ = result < 0 && errno == ECHILD;  // somebody waited for every child there is
    return result == pid_ || lost_;
  }

  pid_t pid_ = -1;
  UniqueFd handle_;
  UniqueFd output_;
  int status_ = 0;
  bool lost_ = false;
  std::string text_;
};

std::string last_line(const std::string& output) {
  const size_t end = output.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return "";
  const size_t start = output.find_last_of("\r\n", end);
  return output.substr(start == std::string::npos ? 0 : start + 1, end - (start == std::string::npos ? -1 : start));
}

}  // namespace

Result<Exit> run(const std::vector<std::string>& command, std::chrono::milliseconds timeout) {
  if (command.empty() || command[0].empty()) return fail(Code::invalid, "cannot run a command without a program");
  bury_undead();
  TRY(child, Child::spawn(command));
  if (!child.wait(std::chrono::steady_clock::now() + timeout)) {
    child.kill();
    const bool died = child.wait(std::chrono::steady_clock::now() + kGraceAfterKill);
    if (!died) child.leave_to_others();
    return fail(Code::timeout, "'{}' did not end within {} ms and was killed{}", command[0], timeout.count(),
                died ? "" : ", but it has not died yet: it waits for the kernel");
  }
  if (child.lost()) return fail(Code::unknown_outcome, "'{}' ended, but how it ended was lost", command[0]);
  return child.exit();
}

Status run_ok(const std::vector<std::string>& command, std::chrono::milliseconds timeout) {
  TRY(exit, run(command, timeout));
  if (exit.code == 0) return {};
  const std::string line = last_line(exit.output);
  return fail(Code::internal, "'{}' failed with exit code {}{}{}", command[0], exit.code, line.empty() ? "" : ": ",
              line);
}

}  // namespace polly
