// The floor: a volume plugin that does nothing, on a bare Poco server on the same kind of socket.
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/StreamCopier.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <set>

#include "tests/bench/bench.h"

namespace polly::bench {
namespace {

struct Shared {
  std::string directory;
  std::string list;  // what List answers: the bytes of another plugin's answer
  std::mutex mutex;
  std::set<std::string> names;
};

// The value of a key in a body that the engine wrote: no parser, to be as fast as can be.
std::string value_of(const std::string& body, const std::string& key) {
  auto at = body.find("\"" + key + "\":\"");
  if (at == std::string::npos) return "";
  at += key.size() + 4;
  return body.substr(at, body.find('"', at) - at);
}

class Handler : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(Shared& shared) : shared_(shared) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
    std::string body;
    Poco::StreamCopier::copyToString(request.stream(), body);
    auto out = answer(request.getURI(), value_of(body, "Name"));
    response.setContentType("application/json");
    response.sendBuffer(out.data(), out.size());
  }

 private:
  std::string answer(const std::string& path, const std::string& name) {
    if (path == "/Plugin.Activate") return R"({"Implements":["VolumeDriver"]})";
    if (path == "/VolumeDriver.Capabilities") return R"({"Capabilities":{"Scope":"global"}})";
    if (path == "/VolumeDriver.List") return shared_.list;
    if (path == "/VolumeDriver.Mount") return R"({"Mountpoint":")" + shared_.directory + R"(","Err":""})";
    std::lock_guard lock(shared_.mutex);
    if (path == "/VolumeDriver.Create") shared_.names.insert(name);
    if (path == "/VolumeDriver.Remove") shared_.names.erase(name);
    if (path == "/VolumeDriver.Get") {
      if (shared_.names.count(name) == 0) return R"({"Err":"no such volume"})";
      return R"({"Volume":{"Name":")" + name + R"(","Mountpoint":"","Status":{}},"Err":""})";
    }
    return R"({"Err":""})";
  }

  Shared& shared_;
};

class Factory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override {
    return new Handler(shared_);
  }

 private:
  Shared& shared_;
};

}  // namespace

int run_noop_plugin(const std::string& socket_path, const std::string& directory, const std::string& list) {
  Shared shared;
  shared.directory = directory;
  shared.list = list.empty() ? R"({"Volumes":[],"Err":""})" : list;
  ::unlink(socket_path.c_str());
  ::mkdir(directory.c_str(), 0755);
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress(Poco::Net::SocketAddress::UNIX_LOCAL, socket_path), false);
  socket.listen(64);
  Poco::ThreadPool threads(2, 300);
  auto* parameters = new Poco::Net::HTTPServerParams;
  parameters->setMaxThreads(300);
  parameters->setKeepAliveTimeout(Poco::Timespan(3600, 0));
  Poco::Net::HTTPServer server(new Factory(shared), threads, socket, parameters);
  server.start();
  ::pause();
  return 0;
}

}  // namespace polly::bench
