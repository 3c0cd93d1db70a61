// An engine as the plugin sees it, without containers: the one that mounts is listed, and its inspect does not answer
// until its mount has.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/http_client.h"
#include "base/http_server.h"
#include "base/mutex.h"

namespace polly::bench {

class EngineDouble {
 public:
  Status start(const std::string& path);
  void begin(const std::string& volume, const std::string& container);  // it mounts
  void end(const std::string& volume);                                  // it is gone

 private:
  http::Response answer(const http::Request& request);
  http::Response list(const http::Request& request);
  http::Response inspect(const std::string& path);
  bool busy(const std::string& path) POLLY_REQUIRES(mutex_);

  Mutex mutex_;
  Condition changed_;
  std::map<std::string, std::string> starting_ POLLY_GUARDED_BY(mutex_);  // container by volume
  std::unique_ptr<http::Server> server_;
};

// What a worker asks at the plugin's socket: "" or the error.
std::string ask_plugin(http::Client& plugin, const std::string& method, const Json& body);

}  // namespace polly::bench
