// An engine on a Unix socket: it lists containers, and its inspects answer, say 404, or block, as a real engine's do
// while it creates, starts or stops a container.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/http_server.h"
#include "base/mutex.h"

namespace polly::test {

struct ContainerDouble {
  enum class Inspect { answers, blocks, missing };
  std::string id;
  std::string name = id + "-name";
  std::string state = "created";
  std::string task;
  std::vector<std::string> volumes;
  Inspect inspect = Inspect::answers;
  int from_list = 0;  // it comes late: only after so many lists it is in one
};

class EngineDouble {
 public:
  explicit EngineDouble(const std::string& socket) : socket_(socket) {
    http::Endpoint endpoint;
    endpoint.socket_path = socket;
    auto server = http::Server::start(endpoint, [this](const http::Request& request) { return answer(request); });
    if (server) server_ = *std::move(server);
  }
  ~EngineDouble() {
    with([&] { closing_ = true; });
    server_.reset();
  }

  http::Endpoint endpoint() const {
    http::Endpoint endpoint;
    endpoint.socket_path = socket_;
    return endpoint;
  }
  void put(ContainerDouble container) {
    with([&] { containers_[container.id] = std::move(container); });
  }
  void remove(const std::string& id) {
    with([&] { containers_.erase(id); });
  }
  void set_silent(bool silent) {
    with([&] { silent_ = silent; });
  }
  void set_broken(bool broken) {
    with([&] { broken_ = broken; });
  }
  void set_swarm_node(const std::string& id) {
    with([&] { swarm_node_ = id; });
  }
  int inspects() const {
    Lock lock(mutex_);
    return inspects_;
  }
  int blocked() const {
    Lock lock(mutex_);
    return blocked_;
  }
  int lists() const {
    Lock lock(mutex_);
    return lists_;
  }

 private:
  template <class Change>
  void with(Change change) {
    Lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  http::Response answer(const http::Request& request) {
    Lock lock(mutex_);
    while (silent_ && !closing_) changed_.wait(mutex_);
    if (broken_) return http::Response{500, R"({"message":"it broke"})", "application/json", {}};
    if (request.path == "/info") return info();
    if (request.path == "/containers/json") return list(request);
    return inspect(request.path);
  }

  http::Response info() POLLY_REQUIRES(mutex_) {
    Json json;
    json.set("ServerVersion", "20.10.24").set("Swarm", Json::object().set("NodeID", swarm_node_));
    return http::Response::json(json);
  }

  http::Response list(const http::Request& request) POLLY_REQUIRES(mutex_) {
    int before = lists_++;
    auto filters = Json::parse(request.query.at("filters"));
    std::string volume = (*filters)["volume"].as_array().at(0).as_string();
    Json list = Json::array();
    for (const auto& [id, container] : containers_) {
      Json mounts = Json::array();
      bool uses = false;
      for (const auto& name : container.volumes) {
        mounts.push(Json::object().set("Name", name).set("Driver", "polly"));
        uses = uses || name == volume;
      }
      if (!uses || before < container.from_list) continue;
      Json labels = Json::object();
      if (!container.task.empty()) labels.set("com.docker.swarm.task.id", container.task);
      list.push(Json::object()
                    .set("Id", id)
                    .set("Names", Json::array().push("/" + container.name))
                    .set("State", container.state)
                    .set("Labels", labels)
                    .set("Mounts", mounts));
    }
    return http::Response::json(list);
  }

  http::Response inspect(const std::string& path) POLLY_REQUIRES(mutex_) {
    ++inspects_;
    auto id = path.substr(12, path.size() - 12 - 5);  // /containers/ID/json
    ++blocked_;
    while (!closing_ && containers_.contains(id) && containers_[id].inspect == ContainerDouble::Inspect::blocks)
      changed_.wait(mutex_);
    --blocked_;
    auto found = containers_.find(id);
    if (found == containers_.end() || found->second.inspect == ContainerDouble::Inspect::missing)
      return http::Response{404, R"({"message":"No such container"})", "application/json", {}};
    const auto& state = found->second.state;
    Json json;
    json.set("Id", id).set("State", Json::object()
                                        .set("Running", state == "running" || state == "paused")
                                        .set("Paused", state == "paused")
                                        .set("Restarting", state == "restarting"));
    return http::Response::json(json);
  }

  const std::string socket_;
  mutable Mutex mutex_;
  Condition changed_;
  std::map<std::string, ContainerDouble> containers_ POLLY_GUARDED_BY(mutex_);
  std::string swarm_node_ POLLY_GUARDED_BY(mutex_);
  bool silent_ POLLY_GUARDED_BY(mutex_) = false;
  bool broken_ POLLY_GUARDED_BY(mutex_) = false;
  bool closing_ POLLY_GUARDED_BY(mutex_) = false;
  int inspects_ POLLY_GUARDED_BY(mutex_) = 0;
  int blocked_ POLLY_GUARDED_BY(mutex_) = 0;
  int lists_ POLLY_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<http::Server> server_;
};

}  // namespace polly::test
