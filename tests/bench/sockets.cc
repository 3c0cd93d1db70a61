// What the engine asks most: Get and List, at the plugin's socket.
#include <fmt/format.h>

#include "tests/bench/bench.h"

namespace polly::bench {

void bench_sockets(const std::string& polly_socket, const std::string& noop_socket, const std::string& volume) {
  http::Client polly({polly_socket, "", 0});
  http::Client noop({noop_socket, "", 0});
  auto body = Json::object().set("Name", volume).dump() + "\n";
  post(noop, "/VolumeDriver.Create", body);
  auto get = interleave(
      40, 100, [&] { post(polly, "/VolumeDriver.Get", body); }, [&] { post(noop, "/VolumeDriver.Get", body); });
  auto list = interleave(
      20, 10, [&] { call(polly, "POST", "/VolumeDriver.List", "{}"); },
      [&] { call(noop, "POST", "/VolumeDriver.List", "{}"); });
  auto row = [](const char* what, const Pair& pair, double limit) {
    double measured = percentile(pair.one, 0.5), floor = percentile(pair.other, 0.5);
    fmt::print("| {} | {:.3f} ms | {:.3f} ms | {:.2f} times | at most {:.0f} times |\n", what, measured, floor,
               measured / floor, limit);
  };
  row("plugin socket: Get, p50", get, 2);
  row("plugin socket: List of 1,000 volumes, p50", list, 3);
}

}  // namespace polly::bench
