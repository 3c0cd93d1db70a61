#include "swarm/schedulers/docker/docker_scheduler.h"

#include <algorithm>
#include <thread>

namespace polly::swarm::docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A worker's news takes a moment to reach its manager.
constexpr milliseconds news_delay{3000};
constexpr milliseconds first_pause{20};
constexpr milliseconds longest_pause{250};

bool has_template(const Task& task) {
  return task.mounts.dump().find("{{") != std::string::npos;
}

// Most tasks of a node have nothing to do with a volume: their services need not be asked for. Names need no escapes.
bool may_mount(const Task& task, const std::string& volume) {
  return has_template(task) || task.mounts.dump().find(volume) != std::string::npos;
}

}  // namespace

Result<std::unique_ptr<Scheduler>> DockerScheduler::make(const SchedulerSettings& settings) {
  auto managers = Managers::make(settings.managers);
  if (!managers) return fail_with(managers.error(), "cannot use scheduler '{}'", settings.name);
  return std::make_unique<DockerScheduler>(settings.name, *std::move(managers));
}

Status DockerScheduler::bind_container(const Candidate& candidate) {
  Lock lock(mutex_);
  auto [bound, first] = bound_.emplace(candidate.task, candidate.container);
  if (!first && bound->second != candidate.container)
    return fail(Code::refused, "container {} names task {}, but another container came with that before",
                candidate.name, candidate.task);
  if (!first) return {};
  bound_order_.push_back(candidate.task);
  if (bound_order_.size() > 1000) {
    bound_.erase(bound_order_.front());
    bound_order_.pop_front();
  }
  return {};
}

// The node is asked about only where a template may need it.
Result<TemplateFacts> DockerScheduler::facts_of(const Task& task, const Json& service) {
  if (!has_template(task)) return template_facts(task, service, Json());
  TRY(node, managers_.get("/nodes/" + http::encode_segment(task.node_id)));
  return template_facts(task, service, node);
}

Result<Asker> DockerScheduler::check(const Candidate& candidate, const Task& task, const NodeBinding& node,
                                     const std::string& volume) {
  TRY_STATUS(check_starting(task, node));
  TRY(service, managers_.get("/services/" + http::encode_segment(task.service_id)));
  TRY(facts, facts_of(task, service));
  TRY(mounts, mounts_volume(task, volume, facts));
  if (!mounts) return fail(Code::refused, "service '{}' of task {} does not mount it", facts.service_name, task.id);
  if (candidate.name != facts.task_name)
    return fail(Code::refused, "container {} names task {}, whose container is called {}", candidate.name, task.id,
                facts.task_name);
  TRY_STATUS(bind_container(candidate));
  return Asker{Service{name_, facts.service_name, "", facts.service_id}, task.id, candidate.container};
}

Result<Asker> DockerScheduler::identify(const Candidate& candidate, const NodeBinding& node, const std::string& volume,
                                        Deadline deadline) {
  const auto give_up = std::min(deadline, steady_clock::now() + news_delay);
  for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    auto json = managers_.get("/tasks/" + http::encode_segment(candidate.task));
    if (!json && json.error().code == Code::not_found)
      return fail(Code::refused, "container {} says it is task {}, which scheduler '{}' does not know", candidate.name,
                  candidate.task, name_);
    if (json) {
      auto task = Task::from_json(*json);
      bool known = candidate.phase == Candidate::Phase::copy_up || task.container == candidate.container;
      if (!known && !task.container.empty())
        return fail(Code::refused, "container {} says it is task {}, whose container is another one", candidate.name,
                    task.id);
      if (known) return check(candidate, task, node, volume);
      TRY_STATUS(check_starting(task, node));  // what is wrong already will not come right
    }
    if (steady_clock::now() + pause >= give_up) {
      if (!json) return fail_with(json.error(), "cannot ask scheduler '{}' about task {}", name_, candidate.task);
      return fail(Code::timeout, "waited {} ms for the manager to hear that task {} starts container {}, in vain",
                  news_delay.count(), candidate.task, candidate.name);
    }
    std::this_thread::sleep_for(pause);
  }
}

Wanted DockerScheduler::wanted(const std::string& task_id) {
  auto json = managers_.get("/tasks/" + http::encode_segment(task_id));
  if (!json) return json.error().code == Code::not_found ? Wanted::gone : Wanted::unknown;
  auto task = Task::from_json(*json);
  return task.desired_state == "running" || task.desired_state == "ready" ? Wanted::running : Wanted::leaving;
}

Result<std::vector<Service>> DockerScheduler::services_mounting(const std::string& volume, const NodeBinding& node) {
  if (nobody_mounts(volume)) return std::vector<Service>{};
  auto wanted_here = Json::object()
                         .set("node", Json::array().push(node.swarm_node_id))
                         .set("desired-state", Json::array().push("running").push("ready"));
  TRY(tasks, managers_.get("/tasks" + filters(wanted_here)));
  std::vector<Service> services;
  for (const auto& json : tasks.as_array()) {
    auto task = Task::from_json(json);
    if (!may_mount(task, volume)) continue;
    auto service = managers_.get("/services/" + http::encode_segment(task.service_id));
    if (!service) continue;  // gone meanwhile
    TRY(facts, facts_of(task, *service));
    auto mounts = mounts_volume(task, volume, facts);
    Service found{name_, facts.service_name, "", facts.service_id};
    if (mounts && *mounts && std::find(services.begin(), services.end(), found) == services.end())
      services.push_back(found);
  }
  return services;
}

// The filter takes whatever begins with the name.
Result<std::string> DockerScheduler::service_id(const std::string& service_name) {
  TRY(services, managers_.get("/services" + filters(Json::object().set("name", Json::array().push(service_name)))));
  for (const auto& service : services.as_array())
    if (service["Spec"]["Name"].as_string() == service_name) return service["ID"].as_string();
  return std::string();
}

Result<bool> DockerScheduler::is_member(const std::string& swarm_node_id) {
  auto node = managers_.get("/nodes/" + http::encode_segment(swarm_node_id));
  if (node) return true;
  if (node.error().code == Code::not_found) return false;
  return fail(node.error());
}

Reachable DockerScheduler::reachable() {
  auto nodes = managers_.get("/nodes");
  if (!nodes) return {false, nodes.error().message};
  return {true, fmt::format("{} nodes", nodes->as_array().size())};
}

}  // namespace polly::swarm::docker
