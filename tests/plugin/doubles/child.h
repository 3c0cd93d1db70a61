// An executable of ours as a child, with an environment of its own, to be killed at will.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <map>
#include <string>
#include <vector>

#include "tests/plugin/doubles/scratch.h"

namespace polly::test {

class Child {
 public:
  Child(std::string program, std::vector<std::string> arguments, std::map<std::string, std::string> environment,
        std::string log)
      : program_(std::move(program)),
        arguments_(std::move(arguments)),
        environment_(std::move(environment)),
        log_(std::move(log)) {}
  ~Child() { kill(SIGKILL); }

  bool start() {
    std::vector<std::string> words = {program_}, variables;
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    variables.push_back("PATH=" + std::string(POLLY_BINARY_DIR) + "/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    for (const auto& [name, value] : environment_) variables.push_back(name + "=" + value);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 2, log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    auto argv = pointers(words), envp = pointers(variables);
    int error = ::posix_spawn(&pid_, program_.c_str(), &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    return error == 0;
  }
  // Ends it and waits; answers its wait status.
  int kill(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  pid_t pid() const { return pid_; }
  std::string log() const {
    auto text = files::read(log_);
    return text ? *text : "";
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
  }
  const std::string program_;
  const std::vector<std::string> arguments_;
  const std::map<std::string, std::string> environment_;
  const std::string log_;
  pid_t pid_ = 0;
};

inline std::string built(const std::string& name) {
  return std::string(POLLY_BINARY_DIR) + "/bin/" + name;
}

}  // namespace polly::test
