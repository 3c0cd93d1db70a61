// A double of the coordinator for tests of the command line: answers what it was told to, and remembers what it was
// asked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/http_server.h"
#include "base/mutex.h"
#include "core/model/volume.h"

namespace polly::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name = "") const { return name.empty() ? folder_ : folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const;

 private:
  std::string folder_;
};

// A server on a socket. What it was not told to answer is a 404 of ours.
class Double {
 public:
  explicit Double(std::string socket);
  void answer(const std::string& method, const std::string& path, http::Response response);
  void answer(const std::string& method, const std::string& path, Json body) {
    answer(method, path, http::Response::json(body));
  }
  std::string address() const { return "unix://" + socket_; }
  const std::string& socket() const { return socket_; }
  std::vector<http::Request> asked() const;
  http::Request last_asked() const;

 private:
  http::Response respond(const http::Request& request);

  std::string socket_;
  mutable Mutex mutex_;
  std::map<std::string, http::Response> answers_ POLLY_GUARDED_BY(mutex_);  // by "GET /v1/volumes"
  std::vector<http::Request> asked_ POLLY_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;  // last: it uses the rest
};

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// As a shell would: run({"volume", "ls"}).
Outcome run(const std::vector<std::string>& words);

// A volume with a holder, a mount and grants.
Volume some_volume();

}  // namespace polly::test
