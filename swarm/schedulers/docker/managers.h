// The engine API of the Swarm managers: any of those configured that answers as a manager.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/http_client.h"

namespace polly::swarm::docker {

class Managers {
 public:
  static Result<Managers> make(const std::vector<std::string>& endpoints);

  // GET, at most two seconds on each manager. `not_found` when a manager says so; `unavailable` when none answers.
  Result<Json> get(const std::string& path);

  size_t count() const { return clients_.size(); }
  std::string address(size_t manager) const { return clients_[manager]->endpoint().text(); }
  // GET from that one alone, until the stop. `unavailable` also when it does not answer as a manager.
  Result<Json> get_from(size_t manager, const std::string& path, std::chrono::milliseconds timeout,
                        const std::stop_token& stop);
  // The events of a type ("service") at that engine, one JSON object a line: all that happen from the call on, and
  // maybe some of the second before. A worker knows of none, and does not say so.
  Result<http::Lines> follow(size_t manager, const std::string& type, const std::stop_token& stop);

 private:
  // An answer of one that is a manager, or `unavailable`.
  Result<http::Response> ask(size_t manager, const http::Call& call);
  Result<Json> read(size_t manager, const std::string& path, const http::Response& response) const;

  std::vector<std::unique_ptr<http::Client>> clients_;
  std::unique_ptr<std::atomic<size_t>> last_good_ = std::make_unique<std::atomic<size_t>>(0);
};

// {"node":["x"]} as the engine takes it: "?filters=%7B..".
std::string filters(const Json& value);

}  // namespace polly::swarm::docker
