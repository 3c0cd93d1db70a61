#include "plugin/frontends/docker/reporter.h"

#include "base/log.h"
#include "core/codec/claims.h"

namespace polly::node {
namespace {

constexpr std::chrono::seconds look_again{3};
constexpr std::chrono::seconds info_limit{2};

}  // namespace

Reporter::Reporter(Engine& engine, client::Coordinator& coordinator, Sessions& sessions, std::string node)
    : engine_(engine), coordinator_(coordinator), sessions_(sessions), node_(std::move(node)), loop_([this] {
        return step();
      }) {}

std::chrono::milliseconds Reporter::step() {
  auto facts = engine_.facts(info_limit);
  if (!facts) return backoff_.next();
  auto session = sessions_.current();
  if (!session) return backoff_.next();
  auto news = *session + " " + to_json(*facts).dump();
  if (news == told_) return look_again;
  auto reported = coordinator_.report_engine(node_, *session, *facts);
  if (!reported) {
    if (reported.error().code == Code::conflict) sessions_.doubt();
    if (reported.error().message != last_problem_)
      log::warn("cannot report the engine: {}", last_problem_ = reported.error().message);
    return backoff_.next();
  }
  log::info("engine reported version={} swarm_node={}", facts->engine_version,
            facts->swarm_node_id.empty() ? "none" : facts->swarm_node_id);
  told_ = std::move(news);
  last_problem_.clear();
  backoff_.reset();
  return look_again;
}

}  // namespace polly::node
