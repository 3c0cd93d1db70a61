#include "core/codec/records.h"
#include "core/model/version.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

Json version(const Services& s) {
  return Json::object()
      .set("version", polly::version())
      .set("api", "v1")
      .set("cluster", s.context.settings.cluster)
      .set("incarnation", s.context.incarnation);
}

Json render(const PoolReport& report) {
  return Json::object()
      .set("name", report.pool->settings.name)
      .set("driver", report.pool->settings.driver)
      .set("capabilities", to_json(report.pool->controller->capabilities()))
      .set("total", report.capacity.total)
      .set("free", report.capacity.free)
      .set("promised", report.promised)
      .set("volumes", static_cast<uint64_t>(report.volumes))
      .set("error", report.error);
}

Result<Json> list_pools(const Services& s) {
  TRY(reports, s.context.pools.report(s.context.state));
  Json list = Json::array();
  for (const auto& report : reports) list.push(render(report));
  return Json::object().set("pools", list);
}

Result<Json> show_pool(const Services& s, const std::string& name) {
  TRY_STATUS(s.context.pools.find(name));
  TRY(reports, s.context.pools.report(s.context.state));
  for (const auto& report : reports)
    if (report.pool->settings.name == name) return render(report);
  return fail(Code::not_found, "no pool '{}' is configured", name);
}

Json render_schedulers(const Services& s) {
  Json list = Json::array();
  for (const auto& scheduler : s.schedulers) {
    auto reachable = scheduler->reachable();
    list.push(Json::object()
                  .set("name", scheduler->name())
                  .set("driver", scheduler->driver())
                  .set("reachable", reachable.reachable)
                  .set("detail", reachable.detail));
  }
  return list;
}

Result<Json> status(const Services& s, Millis started) {
  TRY(volumes, s.context.state.volumes());
  TRY(nodes, s.sessions.report());
  TRY(operations, s.context.state.operations());
  uint64_t trash = 0;
  for (const auto& stored : volumes) trash += stored.value.state == Volume::State::trashed ? 1 : 0;
  Json node_list = Json::array();
  for (const auto& report : nodes)
    node_list.push(Json::object().set("name", report.node.name).set("live", report.live));
  Json json = version(s);
  return json.set("uptime_ms", (s.context.clock.boottime() - started).count())
      .set("pools", static_cast<uint64_t>(s.context.pools.names().size()))
      .set("volumes", static_cast<uint64_t>(volumes.size()) - trash)
      .set("trash", trash)
      .set("operations", static_cast<uint64_t>(operations.size()))
      .set("nodes", node_list)
      .set("schedulers", render_schedulers(s));
}

Result<Json> list_operations(const Services& s) {
  TRY(operations, s.context.state.operations());
  Json list = Json::array();
  for (const auto& stored : operations) list.push(to_json(stored.value));
  return Json::object().set("operations", list);
}

Result<Json> list_events(const Services& s, const http::Request& request) {
  auto subject = request.query.find("subject");
  auto limit = request.query.find("limit");
  size_t most = 100;
  if (limit != request.query.end()) {
    auto asked = Json::parse(limit->second);
    if (!asked || !asked->is_integer() || asked->as_int() < 1 || asked->as_int() > 1000)
      return fail(Code::invalid, "limit '{}' is no whole number from 1 to 1000", limit->second.substr(0, 40));
    most = static_cast<size_t>(asked->as_int());
  }
  const auto of = subject == request.query.end() ? std::string() : subject->second;
  TRY(events, s.context.state.events(of, most, s.context.clock.wall().count()));
  Json list = Json::array();
  for (const auto& event : s.policy.refusals().with_counts(std::move(events), of, most)) list.push(to_json(event));
  return Json::object().set("events", list);
}

}  // namespace

void add_status_routes(Routes& routes, const Services& s) {
  auto started = s.context.clock.boottime();
  routes.on(Caller::nodes, "GET", "/v1/version",
            [s](const http::Request&) { return http::Response::json(version(s)); });
  routes.on(Caller::operators, "GET", "/v1/status",
            [s, started](const http::Request&) { return respond(status(s, started)); });
  routes.on(Caller::operators, "GET", "/v1/pools", [s](const http::Request&) { return respond(list_pools(s)); });
  routes.on(Caller::operators, "GET", "/v1/pools/{name}",
            [s](const http::Request& r) { return respond(show_pool(s, r.param("name"))); });
  routes.on(Caller::operators, "GET", "/v1/operations",
            [s](const http::Request&) { return respond(list_operations(s)); });
  routes.on(Caller::operators, "GET", "/v1/events", [s](const http::Request& r) { return respond(list_events(s, r)); });
}

}  // namespace polly::swarm::v1
