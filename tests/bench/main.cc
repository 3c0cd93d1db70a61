// polly-bench: the measurements behind scripts/bench, and the load behind tests/fault.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/files.h"
#include "base/system.h"
#include "tests/bench/bench.h"

namespace {

constexpr const char* usage =
    "polly-bench noop SOCKET DIRECTORY [LIST_FILE]\n"
    "polly-bench sockets POLLY_SOCKET NOOP_SOCKET VOLUME\n"
    "polly-bench volumes ENGINE_SOCKET POLLY_DRIVER NOOP_DRIVER\n"
    "polly-bench runs ENGINE_SOCKET POLLY_VOLUME POLLY_DRIVER NOOP_VOLUME NOOP_DRIVER\n"
    "polly-bench cycles PLUGIN_SOCKET ENGINE_SOCKET PREFIX CYCLES AT_ONCE\n"
    "polly-bench churn PLUGIN_SOCKET ENGINE_SOCKET PREFIX POOL CYCLES AT_ONCE OUTCOMES\n"
    "polly-bench engine SOCKET\n";

int run(const std::vector<std::string>& words) {
  using namespace polly::bench;
  const auto is = [&](const char* name, size_t count) { return words.size() == count && words[0] == name; };
  if (is("noop", 3)) return run_noop_plugin(words[1], words[2], "");
  if (is("noop", 4)) return run_noop_plugin(words[1], words[2], polly::files::read(words[3]).value_or(""));
  if (is("sockets", 4)) return bench_sockets(words[1], words[2], words[3]), 0;
  if (is("volumes", 4)) return bench_volumes(words[1], words[2], words[3]), 0;
  if (is("runs", 6)) return bench_runs(words[1], words[2], words[3], words[4], words[5]), 0;
  if (is("cycles", 6))
    return run_cycles(words[1], words[2], words[3], std::stoi(words[4]), std::stoi(words[5])) ? 0 : 1;
  if (is("churn", 8))
    return run_churn(words[1], words[2], words[3], words[4], std::stoi(words[5]), std::stoi(words[6]), words[7]);
  if (is("engine", 2)) return run_engine_double(words[1]);
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  return run({argv + 1, argv + argc});
}
