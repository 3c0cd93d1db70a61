// Mounts and unmounts at the plugin's socket, with an engine double that replays lists and inspects: the container that
// mounts is listed, and its inspect does not answer until its mount has.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/http_server.h"
#include "base/mutex.h"
#include "base/system.h"
#include "tests/bench/bench.h"

namespace polly::bench {
namespace {

using std::chrono::milliseconds;

class EngineDouble {
 public:
  Status start(const std::string& path) {
    auto server = http::Server::start({path, "", 0}, [this](const http::Request& r) { return answer(r); });
    if (!server) return fail(server.error());
    server_ = *std::move(server);
    return {};
  }
  void begin(const std::string& volume, const std::string& container) {
    Lock lock(mutex_);
    starting_[volume] = container;
  }
  void end(const std::string& volume) {
    Lock lock(mutex_);
    starting_.erase(volume);
    changed_.notify_all();
  }

 private:
  http::Response answer(const http::Request& request) {
    if (request.path.find("/containers/json") != std::string::npos) return list(request);
    if (request.path.find("/containers/") != std::string::npos) return inspect(request.path);
    return http::Response::json(Json::object().set("ServerVersion", "20.10.24"));
  }

  http::Response list(const http::Request& request) {
    auto filters = request.query.find("filters");
    auto json = Json::parse(filters == request.query.end() ? "{}" : filters->second);
    Json containers = Json::array();
    Lock lock(mutex_);
    for (const auto& [volume, container] : starting_) {
      bool named = !json || (*json)["volume"].is_null();
      if (json)
        for (const auto& name : (*json)["volume"].as_array()) named = named || name.as_string() == volume;
      if (!named) continue;
      Json mount = Json::object().set("Type", "volume").set("Name", volume).set("Driver", "polly");
      containers.push(Json::object()
                          .set("Id", container)
                          .set("Names", Json::array().push("/" + container.substr(0, 8)))
                          .set("State", "created")
                          .set("Labels", Json::object())
                          .set("Mounts", Json::array().push(mount)));
    }
    return http::Response::json(containers);
  }

  http::Response inspect(const std::string& path) {
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    Lock lock(mutex_);
    auto busy = [&]() POLLY_REQUIRES(mutex_) {
      return std::any_of(starting_.begin(), starting_.end(),
                         [&](const auto& entry) { return path.find(entry.second) != std::string::npos; });
    };
    while (busy() && changed_.wait_until(mutex_, until)) {
    }
    return http::Response::json(Json::object().set("State", Json::object().set("Status", "running")));
  }

  Mutex mutex_;
  Condition changed_;
  std::map<std::string, std::string> starting_ POLLY_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;
};

struct Load {
  EngineDouble engine;
  std::string prefix;
  int cycles = 0;
  std::atomic<int> next{0};
  std::atomic<int> failed{0};
  Mutex mutex;
  std::vector<std::pair<int, double>> times POLLY_GUARDED_BY(mutex);
};

std::string error_of_answer(const Result<http::Response>& response) {
  if (!response) return response.error().message;
  auto json = Json::parse(response->body);
  return json ? (*json)["Err"].as_string() : "no JSON: " + response->body;
}

std::string ask(http::Client& plugin, const std::string& method, const std::string& volume, const std::string& id) {
  http::Call call;
  call.method = "POST";
  call.path = "/VolumeDriver." + method;
  call.body = Json::object().set("Name", volume).set("ID", id).dump();
  call.timeout = std::chrono::seconds(115);
  call.idempotent = false;
  return error_of_answer(plugin.call(call));
}

void work(Load& load, http::Client& plugin, int worker) {
  auto volume = fmt::format("{}{}", load.prefix, worker);
  for (int n = load.next++; n < load.cycles; n = load.next++) {
    auto id = make_id() + make_id();
    auto begun = std::chrono::steady_clock::now();
    load.engine.begin(volume, make_id() + make_id());
    auto error = ask(plugin, "Mount", volume, id);
    load.engine.end(volume);
    if (error.empty()) error = ask(plugin, "Unmount", volume, id);
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
