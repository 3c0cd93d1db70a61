#include "tests/bench/engine_double.h"

#include <algorithm>

namespace polly::bench {

Status EngineDouble::start(const std::string& path) {
  TRY(server, http::Server::start({path, "", 0}, [this](const http::Request& r) { return answer(r); }));
  server_ = std::move(server);
  return {};
}

void EngineDouble::begin(const std::string& volume, const std::string& container) {
  Lock lock(mutex_);
  starting_[volume] = container;
}

void EngineDouble::end(const std::string& volume) {
  Lock lock(mutex_);
  starting_.erase(volume);
  changed_.notify_all();
}

http::Response EngineDouble::answer(const http::Request& request) {
  if (request.path.find("/containers/json") != std::string::npos) return list(request);
  if (request.path.find("/containers/") != std::string::npos) return inspect(request.path);
  return http::Response::json(Json::object().set("ServerVersion", "20.10.24"));
}

http::Response EngineDouble::list(const http::Request& request) {
  auto filters = request.query.find("filters");
  auto json = Json::parse(filters == request.query.end() ? "{}" : filters->second).value_or(Json::object());
  const auto& wanted = json["volume"].as_array();
  Json containers = Json::array();
  Lock lock(mutex_);
  for (const auto& [volume, container] : starting_) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), Json(volume)) == wanted.end()) continue;
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

bool EngineDouble::busy(const std::string& path) {
  return std::any_of(starting_.begin(), starting_.end(),
                     [&](const auto& entry) { return path.find(entry.second) != std::string::npos; });
}

http::Response EngineDouble::inspect(const std::string& path) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Lock lock(mutex_);
  while (busy(path) && changed_.wait_until(mutex_, until)) {
  }
  return http::Response::json(Json::object().set("message", "no such container"), 404);
}

std::string ask_plugin(http::Client& plugin, const std::string& method, const Json& body) {
  http::Call call;
  call.method = "POST";
  call.path = "/VolumeDriver." + method;
  call.body = body.dump();
  call.timeout = std::chrono::seconds(115);
  call.idempotent = false;
  auto response = plugin.call(call);
  if (!response) return response.error().message;
  auto json = Json::parse(response->body);
  return json ? (*json)["Err"].as_string() : "no JSON: " + response->body;
}

}  // namespace polly::bench
