// Volumes made, mounted, unmounted and removed at the plugin's socket while something is being killed. Each outcome is
// written down, so that it can be held against what is there afterwards:
//
//     made NAME       Create was acknowledged
//     asked NAME      Remove is about to be asked: from here the volume may be gone
//     removed NAME    Remove was acknowledged
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/mutex.h"
#include "base/system.h"
#include "tests/bench/bench.h"
#include "tests/bench/engine_double.h"

namespace polly::bench {
namespace {

class Outcomes {
 public:
  explicit Outcomes(const std::string& path) : file_(path) {}
  void write(const char* what, const std::string& name) {
    Lock lock(mutex_);
    file_ << what << ' ' << name << std::endl;
  }

 private:
  Mutex mutex_;
  std::ofstream file_ POLLY_GUARDED_BY(mutex_);
};

struct Churn {
  EngineDouble engine;
  std::string prefix;
  std::string pool;
  int cycles = 0;
  std::atomic<int> next{0};
  std::atomic<int> errors{0};
};

// Tried again while the plugin or the coordinator is away, so that lives go on after a restart.
bool create(http::Client& plugin, const Json& request) {
  for (int attempt = 0; attempt < 150; ++attempt) {
    if (ask_plugin(plugin, "Create", request).empty()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

// One life of a volume. What fails after that is left as it is, as an engine would leave it.
bool live(Churn& churn, http::Client& plugin, Outcomes& outcomes, const std::string& name) {
  auto options = Json::object().set("pool", churn.pool);
  if (churn.pool == "fast") options.set("size", "16M");
  if (!create(plugin, Json::object().set("Name", name).set("Opts", options))) return false;
  outcomes.write("made", name);
  auto mount = Json::object().set("Name", name).set("ID", make_id() + make_id());
  churn.engine.begin(name, make_id() + make_id());
  auto mounted = ask_plugin(plugin, "Mount", mount);
  churn.engine.end(name);
  if (!mounted.empty() || !ask_plugin(plugin, "Unmount", mount).empty()) return false;
  outcomes.write("asked", name);
  if (!ask_plugin(plugin, "Remove", Json::object().set("Name", name)).empty()) return false;
  outcomes.write("removed", name);
  return true;
}

}  // namespace

int run_churn(const std::string& plugin_socket, const std::string& engine_socket, const std::string& prefix,
              const std::string& pool, int cycles, int at_once, const std::string& outcomes_path) {
  Churn churn;
  churn.prefix = prefix;
  churn.pool = pool;
  churn.cycles = cycles;
  if (auto started = churn.engine.start(engine_socket); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  Outcomes outcomes(outcomes_path);
  http::Client plugin({plugin_socket, "", 0});
  std::vector<std::thread> workers;
  for (int worker = 0; worker < at_once; ++worker)
    workers.emplace_back([&] {
      for (int n = churn.next++; n < churn.cycles; n = churn.next++)
        if (!live(churn, plugin, outcomes, fmt::format("{}-{}", churn.prefix, n))) ++churn.errors;
    });
  for (auto& worker : workers) worker.join();
  fmt::print("{} cycles, {} of them with an error on the way\n", cycles, churn.errors.load());
  return 0;
}

// Serves as an engine in which no container lives, until it is killed.
int run_engine_double(const std::string& path) {
  EngineDouble engine;
  if (auto started = engine.start(path); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  prepare_signals();
  wait_for_stop();
  return 0;
}

}  // namespace polly::bench
