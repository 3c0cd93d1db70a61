// Mounts and unmounts at the plugin's socket, over and over: nothing may hang, leak or become slower.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/mutex.h"
#include "base/system.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine_double.h"

namespace polly::bench {
namespace {

struct Load {
  EngineDouble engine;
  std::string prefix;
  int cycles = 0;
  std::atomic<int> next{0};
  std::atomic<int> failed{0};
  Mutex mutex;
  std::vector<std::pair<int, double>> times POLLY_GUARDED_BY(mutex);
};

void work(Load& load, http::Client& plugin, int worker) {
  auto volume = fmt::format("{}{}", load.prefix, worker);
  for (int n = load.next++; n < load.cycles; n = load.next++) {
    auto body = Json::object().set("Name", volume).set("ID", make_id() + make_id());
    auto begun = std::chrono::steady_clock::now();
    load.engine.begin(volume, make_id() + make_id());
    auto error = ask_plugin(plugin, "Mount", body);
    load.engine.end(volume);
    if (error.empty()) error = ask_plugin(plugin, "Unmount", body);
    if (!error.empty() && load.failed++ < 5) fmt::print(stderr, "cycle {} on {}: {}\n", n, volume, error);
    double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
    Lock lock(load.mutex);
    load.times.emplace_back(n, ms);
  }
}

double quarter_p99(const std::vector<std::pair<int, double>>& times, int cycles, int quarter) {
  std::vector<double> chosen;
  for (const auto& [n, ms] : times)
    if (n / std::max(cycles / 4, 1) == quarter) chosen.push_back(ms);
  return percentile(chosen, 0.99);
}

}  // namespace

bool run_cycles(const std::string& plugin_socket, const std::string& engine_socket, const std::string& prefix,
                int cycles, int at_once) {
  Load load;
  load.prefix = prefix;
  load.cycles = cycles;
  if (auto started = load.engine.start(engine_socket); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return false;
  }
  http::Client plugin({plugin_socket, "", 0});
  std::vector<std::thread> workers;
  for (int worker = 0; worker < at_once; ++worker)
    workers.emplace_back([&load, &plugin, worker] { work(load, plugin, worker); });
  for (auto& worker : workers) worker.join();
  Lock lock(load.mutex);
  double first = quarter_p99(load.times, cycles, 0), last = quarter_p99(load.times, cycles, 3);
  fmt::print("{} cycles, {} failed; p99 {:.1f} ms in the first quarter, {:.1f} ms in the last\n", load.times.size(),
             load.failed.load(), first, last);
  return load.failed == 0 && last < 3 * first + 50;
}

}  // namespace polly::bench
