#include "plugin/guard/supervisor.h"

#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/system.h"

extern char** environ;

namespace polly::guard {
namespace {

constexpr std::chrono::seconds looked_healthy{30};
constexpr std::chrono::seconds grace{8};  // an engine gives a managed plugin ten

// The child starts with no signal blocked: prepare_signals() blocked some in this process.
struct Attributes {
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  posix_spawnattr_t value;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
  return fmt::format("exit {}", WEXITSTATUS(status));
}

}  // namespace

Supervisor::Supervisor(std::vector<std::string> command)
    : command_(std::move(command)), loop_([this] { return step(); }) {
  if (!command_.empty()) prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void Supervisor::reap() {
  collect();
  loop_.wake();
}

// Takes in every dead child, ours and orphans'. Only here are children waited for.
void Supervisor::collect() {
  Lock lock(mutex_);
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (pid != child_) continue;
    if (!stopping_) log::error("{} ended, it will be started again: {}", command_.front(), how_it_ended(status));
    child_ = 0;
    changed_.notify_all();
  }
}

std::chrono::milliseconds Supervisor::step() {
  constexpr std::chrono::milliseconds until_woken{60'000};
  if (command_.empty()) return until_woken;
  if (started_ != Millis(0) && child_gone()) {
    if (system_clock().boottime() - started_ > looked_healthy) backoff_.reset();
    started_ = Millis(0);
    return backoff_.next();
  }
  Lock lock(mutex_);
  if (child_ != 0 || stopping_) return until_woken;
  auto pid = spawn();
  if (!pid) {
    log::error("{}", pid.error().message);
    return backoff_.next();
  }
  child_ = *pid;
  started_ = system_clock().boottime();
  log::info("started {} pid={}", command_.front(), child_);
  return until_woken;
}

bool Supervisor::child_gone() {
  Lock lock(mutex_);
  return child_ == 0;
}

Result<pid_t> Supervisor::spawn() const {
  std::vector<char*> arguments;
  for (const auto& word : command_) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  Attributes attributes;
  pid_t pid = 0;
  int error = ::posix_spawnp(&pid, command_.front().c_str(), nullptr, &attributes.value, arguments.data(), environ);
  if (error != 0) return fail(Code::unavailable, "cannot run '{}': {}", command_.front(), errno_text(error));
  return pid;
}

void Supervisor::stop() {
  auto kill_child = [this](int signal) {
    Lock lock(mutex_);
    stopping_ = true;
    if (child_ != 0) ::kill(child_, signal);
  };
  kill_child(SIGTERM);
  auto until = std::chrono::steady_clock::now() + grace;
  bool killed = false;
  // The thread that waited for signals is the one that stops us: nobody else collects.
  while (collect(), !child_gone()) {
    if (!killed && std::chrono::steady_clock::now() > until) {
      log::error("{} does not stop, killing it", command_.front());
      kill_child(SIGKILL);
      killed = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  loop_.stop();
}

}  // namespace polly::guard
