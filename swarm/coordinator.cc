#include "swarm/coordinator.h"

#include "base/files.h"
#include "base/http_server.h"
#include "base/log.h"
#include "base/system.h"
#include "swarm/api/v1/api.h"
#include "swarm/operations/housekeeping.h"
#include "swarm/schedulers/registry.h"
#include "swarm/store/sqlite.h"

namespace polly::swarm {
namespace {

Result<std::unique_ptr<http::Server>> listen(const std::string& address, http::Handler handler,
                                             std::shared_ptr<tls::Server> tls = nullptr) {
  TRY(endpoint, http::Endpoint::parse(address, 7979, http::Https::always));
  http::ServerOptions options;
  options.max_body = 1 << 20;  // an inventory of a thousand mounts
  options.tls = std::move(tls);
  auto server = http::Server::start(endpoint, std::move(handler), options);
  if (!server) return fail_with(server.error(), "cannot listen on {}", endpoint.text());
  return *std::move(server);
}

std::string directory_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/'));
}

}  // namespace

Status run(const CoordinatorSettings& settings) {
  TRY(authority, Authority::open(settings, system_clock().wall()));
  TRY(tls, tls::Server::create(authority.server_settings()));
  TRY_STATUS(files::make_directories(directory_of(settings.socket)));
  TRY(store, store::open_sqlite(settings.state));
  store::State state(*store);
  TRY(incarnation, state.incarnation());
  TRY(pools, Pools::make(settings));
  TRY_STATUS(pools.take_stock(state));
  TRY(schedulers, make_schedulers(settings.schedulers));

  Context context{state, pools, settings, system_clock(), incarnation};
  Journal journal(context);
  Sessions sessions(context);
  Admission admission(context, authority);
  MountPolicy policy(context, journal, sessions, schedulers);
  auto router = v1::make_router({context, journal, sessions, admission, policy, schedulers});
  Housekeeping housekeeping(context, journal, sessions);
  // Both serve until they leave this scope.
  auto local = listen("unix://" + settings.socket, router);
  if (!local) return fail(local.error());
  auto remote = listen(settings.listen, router, tls);
  if (!remote) return fail(remote.error());

  log::info("coordinator is ready cluster={} listen={} socket={}", settings.cluster, settings.listen, settings.socket);
  notify_supervisor("READY=1");
  wait_for_stop();
  notify_supervisor("STOPPING=1");
  return {};
}

}  // namespace polly::swarm
