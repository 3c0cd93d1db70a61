#include "plugin/frontends/docker/volume_plugin.h"

#include "base/files.h"
#include "base/log.h"

namespace polly::node {
namespace {

http::Response reply(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

}  // namespace

VolumePlugin::VolumePlugin(Volumes& volumes, FindClaimants find_claimants)
    : volumes_(volumes),
      find_claimants_(std::move(find_claimants)),
      calls_{
          {"/Plugin.Activate", &VolumePlugin::activate},   {"/VolumeDriver.Capabilities", &VolumePlugin::capabilities},
          {"/VolumeDriver.Create", &VolumePlugin::create}, {"/VolumeDriver.Remove", &VolumePlugin::remove},
          {"/VolumeDriver.Mount", &VolumePlugin::mount},   {"/VolumeDriver.Unmount", &VolumePlugin::unmount},
          {"/VolumeDriver.Path", &VolumePlugin::path},     {"/VolumeDriver.Get", &VolumePlugin::get},
          {"/VolumeDriver.List", &VolumePlugin::list}} {}

Status VolumePlugin::listen(const std::string& socket) {
  if (auto slash = socket.rfind('/'); slash != std::string::npos && slash > 0)
    TRY_STATUS(files::make_directories(socket.substr(0, slash)));
  http::Endpoint endpoint;
  endpoint.socket_path = socket;
  http::ServerOptions options;
  // An engine keeps connections and sends an empty body where one was closed under it.
  options.idle_timeout = std::chrono::hours(1);
  options.render_error = error_reply;
  TRY(server, http::Server::start(
                  endpoint, [this](const http::Request& request) { return answer(request); }, options));
  server_ = std::move(server);
  log::info("listening socket={}", socket);
  return {};
}

http::Response VolumePlugin::answer(const http::Request& request) {
  auto call = calls_.find(request.path);
  if (request.method == "POST" && call != calls_.end()) return (this->*call->second)(request);
  auto response = error_reply({Code::not_found, "cannot understand the call: there is no " + request.method + " " +
                                                    request.path + " in the volume plugin protocol"});
  response.status = 404;
  return response;
}

http::Response VolumePlugin::activate(const http::Request&) {
  return reply(R"({"Implements":["VolumeDriver"]})");
}

http::Response VolumePlugin::capabilities(const http::Request&) {
  return reply(R"({"Capabilities":{"Scope":"global"}})");
}

// A name that exists already is the coordinator's to judge: the same options, or none, are no error.
http::Response VolumePlugin::create(const http::Request& request) {
  auto call = read_call(request.body, Wants::name_and_options);
  if (!call) return error_reply(call.error());
  auto wanted = read_create_options(call->name, call->options);
  if (!wanted) return error_reply(wanted.error());
  wanted->node = volumes_.node();
  wanted->by = "docker on node " + volumes_.node();
  auto volume = volumes_.create(*wanted);
  return volume ? ok_reply() : error_reply(volume.error());
}

http::Response VolumePlugin::remove(const http::Request& request) {
  auto call = read_call(request.body, Wants::name);
  if (!call) return error_reply(call.error());
  auto removed = volumes_.remove(call->name, "docker on node " + volumes_.node());
  return removed ? ok_reply() : error_reply(removed.error());
}

http::Response VolumePlugin::mount(const http::Request& request) {
  auto call = read_call(request.body, Wants::name_and_id);
  if (!call) return error_reply(call.error());
  auto path = volumes_.mount(call->name, call->mount_id, find_claimants_);
  if (!path) return error_reply(path.error());
  // Docker starts the container without a complaint when it gets no path.
  if (path->empty()) return error_reply({Code::internal, "cannot mount volume '" + call->name + "': it has no path"});
  return reply(Json::object().set("Mountpoint", *path).set("Err", "").dump());
}

http::Response VolumePlugin::unmount(const http::Request& request) {
  auto call = read_call(request.body, Wants::name_and_id);
  if (!call) return error_reply(call.error());
  auto done = volumes_.unmount(call->name, call->mount_id);
  return done ? ok_reply() : error_reply(done.error());
}

http::Response VolumePlugin::path(const http::Request& request) {
  auto call = read_call(request.body, Wants::name);
  if (!call) return error_reply(call.error());
  auto volume = volumes_.find(call->name);
  if (!volume) return error_reply(volume.error());
  return reply(Json::object().set("Mountpoint", volumes_.mountpoint(call->name)).set("Err", "").dump());
}

http::Response VolumePlugin::get(const http::Request& request) {
  auto call = read_call(request.body, Wants::name);
  if (!call) return error_reply(call.error());
  auto volume = volumes_.find(call->name);
  if (!volume) return error_reply(volume.error());
  return reply(describe(**volume, volumes_.mountpoint(call->name), volumes_.usage(call->name)));
}

http::Response VolumePlugin::list(const http::Request&) {
  return reply(*list_.render(volumes_));
}

}  // namespace polly::node
