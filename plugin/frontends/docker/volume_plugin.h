// Docker's volume plugin protocol on a Unix socket, for an engine's legacy plugin and for a managed one.
//
// Answers are always 200 with {"Err": ..}, connections are never closed after one, and each call is bounded: Get, List,
// Path and Capabilities below 5 s, Create and Remove below 60 s, Mount below 110 s. The engine calls in from inside its
// own calls, so calls are served side by side.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http_server.h"
#include "plugin/frontends/docker/bodies.h"
#include "plugin/frontends/docker/describe.h"

namespace polly::node {

class VolumePlugin {
 public:
  VolumePlugin(Volumes& volumes, FindClaimants find_claimants);

  Status listen(const std::string& socket);
  void stop() { server_.reset(); }
  http::Response answer(const http::Request& request);  // any thread

 private:
  using Call = http::Response (VolumePlugin::*)(const http::Request&);

  http::Response activate(const http::Request&);
  http::Response capabilities(const http::Request&);
  http::Response create(const http::Request& request);
  http::Response remove(const http::Request& request);
  http::Response mount(const http::Request& request);
  http::Response unmount(const http::Request& request);
  http::Response path(const http::Request& request);
  http::Response get(const http::Request& request);
  http::Response list(const http::Request&);

  Volumes& volumes_;
  const FindClaimants find_claimants_;
  VolumeList list_;
  const std::map<std::string, Call, std::less<>> calls_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace polly::node
