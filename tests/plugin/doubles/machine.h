// A machine in a directory: the real plugin and guard as processes, with doubles of coordinator and engine, and volumes
// of the directory driver, so that mounts are the kernel's.
#pragma once

#include "base/http_client.h"
#include "drivers/directory/directory.h"
#include "drivers/kit/mount_table.h"
#include "drivers/kit/pool_directory.h"
#include "tests/plugin/doubles/child.h"
#include "tests/plugin/doubles/coordinator_server.h"
#include "tests/plugin/doubles/engine_double.h"

namespace polly::test {

class Machine {
 public:
  Machine() {
    coordinator.driver = "directory";
    coordinator.context = [this](const Volume& volume) { return place(volume.id); };
    coordinator.set_grant_session_ttl(2'000, 200);
    node_client_ = std::make_unique<http::Client>(unix_endpoint("plugins/polly.sock"));
  }

  std::string socket() const { return scratch / "plugins/polly.sock"; }
  std::string guard_socket() const { return scratch / "run/guard.sock"; }

  // One call as the engine makes it. No answer: an error.
  Result<Json> call(const std::string& method, const Json& body) {
    http::Call call;
    call.method = "POST";
    call.path = "/" + method;
    call.body = body.dump();
    call.timeout = std::chrono::seconds(120);
    call.idempotent = false;
    TRY(response, node_client_->call(call));
    TRY(json, Json::parse(response.body));
    if (auto err = json["Err"].as_string(); !err.empty()) return fail(Code::internal, "{}", err);
    return json;
  }
  bool answers() { return static_cast<bool>(call("Plugin.Activate", Json::object())); }

  std::vector<std::string> mounted() const {
    auto table = drivers::kit::MountTable::read();
    return table ? table->below(scratch / "mounts") : std::vector<std::string>{"unreadable"};
  }
  bool journal_empty() const {
    auto names = files::list(scratch / "state/journal");
    return names && names->empty();
  }
  std::string data(const std::string& volume_id) const { return scratch / "pool/test/" + volume_id + "/data"; }

  Scratch scratch;
  CoordinatorDouble coordinator;
  CoordinatorServer coordinator_server{coordinator, scratch / "coordinator.sock"};
  EngineDouble engine{scratch / "engine.sock"};
  const std::map<std::string, std::string> environment = {
      {"POLLY_COORDINATORS", "unix://" + (scratch / "coordinator.sock")},
      {"POLLY_NODE", "n1"},
      {"POLLY_ENGINE", "unix://" + (scratch / "engine.sock")},
      {"POLLY_PLUGIN_SOCKET", scratch / "plugins/polly.sock"},
      {"POLLY_STATE", scratch / "state"},
      {"POLLY_MOUNTS", scratch / "mounts"},
      {"POLLY_RUN", scratch / "run"},
      {"POLLY_LOG_LEVEL", "debug"}};
  Child guard{built("polly-guard"), {}, environment, scratch / "guard.log"};
  Child node{built("polly-node"), {}, environment, scratch / "node.log"};

 private:
  http::Endpoint unix_endpoint(const std::string& name) const {
    http::Endpoint endpoint;
    endpoint.socket_path = scratch / name;
    return endpoint;
  }
  // What the driver's controller would make.
  Json place(const std::string& id) {
    auto directory = scratch / "pool/test/" + id;
    if (!files::exists(directory + drivers::directory::kLabel)) {
      (void)files::make_directories(directory + drivers::directory::kData);
      (void)drivers::kit::write_label(directory + drivers::directory::kLabel, {"test", id, id, 0, ""});
    }
    return Json::object().set("path", directory).set("cluster", "test");
  }

  std::unique_ptr<http::Client> node_client_;
};

}  // namespace polly::test
