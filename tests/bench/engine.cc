// The same through a real engine.
#include <fmt/format.h>

#include "tests/bench/bench.h"

namespace polly::bench {
namespace {

void create_and_remove(http::Client& engine, const std::string& driver, const std::string& name, const Json& options) {
  post(engine, "/v1.41/volumes/create",
       Json::object().set("Name", name).set("Driver", driver).set("DriverOpts", options).dump());
  call(engine, "DELETE", "/v1.41/volumes/" + name, "");
}

void create_to_exit(http::Client& engine, const std::string& driver, const std::string& volume) {
  Json mount = Json::object()
                   .set("Type", "volume")
                   .set("Source", volume)
                   .set("Target", "/d")
                   .set("VolumeOptions", Json::object().set("DriverConfig", Json::object().set("Name", driver)));
  Json host = Json::object().set("Mounts", Json::array().push(mount)).set("NetworkMode", "none");
  Json container = Json::object().set("Image", "bb:1").set("Cmd", Json::array().push("true")).set("HostConfig", host);
  auto created = Json::parse(post(engine, "/v1.41/containers/create", container.dump()));
  auto path = "/v1.41/containers/" + (*created)["Id"].as_string();
  call(engine, "POST", path + "/start", "");
  call(engine, "POST", path + "/wait", "");
  call(engine, "DELETE", path, "");
}

}  // namespace

void bench_volumes(const std::string& engine_socket, const std::string& polly_driver, const std::string& noop_driver) {
  http::Client engine({engine_socket, "", 0});
  int n = 0;
  auto options = Json::object().set("pool", "files");
  auto pair = interleave(
      30, 10, [&] { create_and_remove(engine, polly_driver, fmt::format("bench-p{}", ++n), options); },
      [&] { create_and_remove(engine, noop_driver, fmt::format("bench-n{}", ++n), Json::object()); });
  double polly = static_cast<double>(pair.one.size()) / sum(pair.one) * 1000;
  double noop = static_cast<double>(pair.other.size()) / sum(pair.other) * 1000;
  fmt::print("| docker volume create + rm on directory | {:.0f} /s | {:.0f} /s | {:.2f} of the rate | at least 0.6 |\n",
             polly, noop, polly / noop);
}

void bench_runs(const std::string& engine_socket, const std::string& polly_volume, const std::string& polly_driver,
                const std::string& noop_volume, const std::string& noop_driver) {
  http::Client engine({engine_socket, "", 0});
  create_to_exit(engine, polly_driver, polly_volume);  // makes the filesystem
  create_to_exit(engine, noop_driver, noop_volume);
  auto pair = interleave(
      30, 1, [&] { create_to_exit(engine, polly_driver, polly_volume); },
      [&] { create_to_exit(engine, noop_driver, noop_volume); });
  double polly = percentile(pair.one, 0.5), noop = percentile(pair.other, 0.5);
  fmt::print(
      "| docker run on a formatted loop volume, create to exit, median | {:.0f} ms | {:.0f} ms | {:+.0f} ms | at most "
      "+60 ms |\n",
      polly, noop, polly - noop);
}

}  // namespace polly::bench
