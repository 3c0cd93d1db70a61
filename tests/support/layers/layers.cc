#include "tests/support/layers/layers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace polly::layers {
namespace {

using Prefixes = std::vector<std::string_view>;

// The first rule whose room holds a file is the one that counts. In `room` a * stands for one folder, in `may` the word
// {room} for the folder that matched.
struct Rule {
  std::string_view room;
  Prefixes may;        // headers of ours
  Prefixes but_never;  // out of those
};

const std::vector<Rule> kRules = {
    {"base/", {"base/"}, {}},
    {"core/", {"core/", "base/json.h", "base/result.h"}, {}},

    {"drivers/kit/", {"drivers/driver.h", "drivers/kit/", "core/", "base/"}, {}},
    // A platform knows no other platform.
    {"drivers/*/", {"drivers/driver.h", "drivers/kit/", "{room}", "core/", "base/"}, {}},
    {"drivers/", {"drivers/", "core/", "base/"}, {}},

    // The coordinator's rooms, from below. None of them knows api, which renders what they say.
    {"swarm/client/", {"swarm/client/", "core/", "base/"}, {}},
    {"swarm/store/", {"swarm/store/", "core/", "base/"}, {}},
    {"swarm/policy/",
     {"swarm/", "drivers/driver.h", "drivers/controller_registry.h", "core/", "base/"},
     {"swarm/api/", "swarm/client/", "swarm/schedulers/"}},
    // Reports facts through policy's interface and calls nobody above.
    {"swarm/schedulers/", {"swarm/schedulers/", "swarm/policy/", "core/", "base/"}, {}},
    {"swarm/api/",
     {"swarm/", "drivers/driver.h", "drivers/controller_registry.h", "core/", "base/"},
     {"swarm/client/"}},
    {"swarm/*/",
     {"swarm/", "drivers/driver.h", "drivers/controller_registry.h", "core/", "base/"},
     {"swarm/api/", "swarm/client/"}},
    {"swarm/", {"swarm/", "drivers/driver.h", "drivers/controller_registry.h", "core/", "base/"}, {"swarm/client/"}},

    {"plugin/guard/", {"plugin/guard/", "core/", "base/"}, {}},
    {"plugin/",
     {"plugin/", "swarm/client/", "drivers/driver.h", "drivers/node_registry.h", "drivers/kit/", "core/", "base/"},
     {}},

    {"cli/",
     {"cli/", "swarm/", "drivers/driver.h", "drivers/controller_registry.h", "drivers/node_registry.h", "drivers/kit/",
      "core/", "base/"},
     {}},
};

// Headers of others that one place alone may know.
struct Owned {
  std::string_view header;
  std::string_view owner;
};
const std::vector<Owned> kOwned = {
    {"Poco/", "base/"}, {"yaml-cpp/", "base/"},     {"spdlog/", "base/"},  {"sqlite3.h", "swarm/store/sqlite"},
    {"CLI/", "cli/"},   {"blkid/", "drivers/kit/"}, {"openssl/", "base/"},
};

// What would let core look at the world: time and facts come to it as arguments.
const Prefixes kNotInCore = {
    "thread",   "mutex",      "shared_mutex", "condition_variable",
    "future",   "semaphore",  "stop_token",   "fstream",
    "iostream", "filesystem", "cstdio",       "random",
    "ctime",    "unistd.h",   "fcntl.h",      "poll.h",
    "spawn.h",  "signal.h",   "csignal",      "netdb.h",
    "time.h",   "sys/",       "netinet/",     "arpa/",
    "net/",     "linux/",     "pthread.h",
};
const Prefixes kNotSaidInCore = {
    "system_clock",  "steady_clock", "high_resolution_clock", "clock_gettime", "gettimeofday",
    "time(nullptr)", "getenv(",
};

bool has_prefix(std::string_view text, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

// The folder a rule stands for, when the file is in it: "drivers/loop/" for drivers/*/.
std::optional<std::string> room_in(const Rule& rule, const std::string& file) {
  const size_t star = rule.room.find('*');
  if (star == std::string_view::npos) {
    return file.starts_with(rule.room) ? std::optional(std::string(rule.room)) : std::nullopt;
  }
  const size_t end = file.find('/', star);
  if (end == std::string::npos || !file.starts_with(rule.room.substr(0, star))) return std::nullopt;
  return file.substr(0, end + 1);
}

bool may_include(const Rule& rule, const std::string& room, std::string_view header) {
  if (has_prefix(header, rule.but_never)) return false;
  return std::any_of(rule.may.begin(), rule.may.end(), [&](std::string_view allowed) {
    return header.starts_with(allowed == "{room}" ? std::string_view(room) : allowed);
  });
}

bool is_foreign_header_allowed(const std::string& file, std::string_view header) {
  if (file.starts_with("core/") && has_prefix(header, kNotInCore)) return false;
  return std::none_of(kOwned.begin(), kOwned.end(),
                      [&](const Owned& one) { return header.starts_with(one.header) && !file.starts_with(one.owner); });
}

struct Include {
  bool ours;  // in quotes
  std::string header;
};

std::optional<Include> include_in(std::string_view line) {
  auto skip = [&](std::string_view word) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    return true;
  };
  if (!skip("#") || !skip("include") || !skip("")) return std::nullopt;
  const size_t end = line.find_first_of("\">", 1);
  if (end == std::string_view::npos || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  return Include{line[0] == '"', std::string(line.substr(1, end - 1))};
}

void check_core_line(const std::string& line, const std::string& where, std::vector<std::string>& found) {
  const std::string code = line.substr(0, line.find("//"));
  for (std::string_view said : kNotSaidInCore) {
    if (code.find(said) != std::string::npos) found.push_back(where + " says " + std::string(said) + " in core/");
  }
}

void check_file(const std::filesystem::path& root, const std::string& file, std::vector<std::string>& found) {
  const Rule* rule = nullptr;
  std::string room;
  for (const Rule& candidate : kRules) {
    auto matched = room_in(candidate, file);
    if (!matched) continue;
    rule = &candidate;
    room = *matched;
    break;
  }
  if (!rule) {
    found.push_back(file + " stands in a folder without a rule");
    return;
  }
  std::ifstream in(root / file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = file + ":" + std::to_string(++number);
    if (const auto include = include_in(line)) {
      const bool allowed =
          include->ours ? may_include(*rule, room, include->header) : is_foreign_header_allowed(file, include->header);
      if (!allowed) found.push_back(where + " includes " + include->header + ", which " + room + " must not");
    } else if (file.starts_with("core/")) {
      check_core_line(line, where, found);
    }
  }
}

bool is_source(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  return extension == ".h" || extension == ".cc" || extension == ".cpp" || extension == ".hpp";
}

struct Foreign {
  std::string_view executable;
  std::string_view names;     // what a symbol's name must not hold
  std::string_view and_also;  // where it is foreign only together with this
};
const std::vector<Foreign> kForeign = {
    {"polly-node", "polly::store::", ""},
    {"polly-node", "polly::swarm::", ""},
    {"polly-node", "polly::cli::", ""},
    {"polly-node", "sqlite3_", ""},
    // Platforms whose control runs in the coordinator.
    {"polly-node", "polly::drivers::rbd::", "Controller"},
    {"polly-node", "polly::drivers::ebs::", "Controller"},
    {"polly-node", "polly::drivers::cinder::", "Controller"},
    {"polly-guard", "polly::store::", ""},
    {"polly-guard", "polly::swarm::", ""},
    {"polly-guard", "polly::client::", ""},
    {"polly-guard", "polly::drivers::", ""},
    {"polly-guard", "polly::node::", ""},
    {"polly-guard", "polly::cli::", ""},
    {"polly-guard", "sqlite3_", ""},
};

bool is_foreign(std::string_view executable, const std::string& symbol) {
  return std::any_of(kForeign.begin(), kForeign.end(), [&](const Foreign& one) {
    return one.executable == executable && symbol.find(one.names) != std::string::npos &&
           symbol.find(one.and_also) != std::string::npos;
  });
}

}  // namespace

std::vector<std::string> violations(const std::string& root) {
  std::vector<std::string> files;
  const std::filesystem::path top(root);
  for (auto entry = std::filesystem::recursive_directory_iterator(top); entry != std::filesystem::end(entry); ++entry) {
    const std::string name = entry->path().filename();
    const bool skipped = name.starts_with(".") || name == "node_modules" ||
                         (entry.depth() == 0 && (name == "tests" || name.starts_with("build")));
    if (entry->is_directory() && skipped) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && is_source(entry->path())) {
      files.push_back(std::filesystem::relative(entry->path(), top));
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> found;
  for (const std::string& file : files) check_file(top, file, found);
  return found;
}

std::vector<std::string> foreign_symbols(const std::string& executable_name, const std::string& nm_output) {
  std::vector<std::string> found;
  std::istringstream lines(nm_output);
  for (std::string line; std::getline(lines, line);) {
    if (is_foreign(executable_name, line)) found.push_back(line);
  }
  return found;
}

}  // namespace polly::layers
