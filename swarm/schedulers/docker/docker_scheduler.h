// Docker Swarm: reports facts about tasks, services and nodes from its managers.
#pragma once

#include <deque>
#include <map>

#include "base/mutex.h"
#include "core/model/settings.h"
#include "swarm/policy/scheduler.h"
#include "swarm/schedulers/docker/managers.h"
#include "swarm/schedulers/docker/service_view.h"
#include "swarm/schedulers/docker/task.h"

namespace polly::swarm::docker {

class DockerScheduler : public Scheduler {
 public:
  static Result<std::unique_ptr<Scheduler>> make(const SchedulerSettings& settings);
  DockerScheduler(std::string name, Managers managers, ServiceView::Times times = {})
      : name_(std::move(name)), managers_(std::move(managers)), view_(name_, managers_, times) {}

  const std::string& name() const override { return name_; }
  std::string driver() const override { return "docker"; }
  Result<Asker> identify(const Candidate& candidate, const NodeBinding& node, const std::string& volume,
                         Deadline deadline) override;
  Wanted wanted(const std::string& task) override;
  bool nobody_mounts(const std::string& volume) const override { return view_.nobody_mounts(volume); }
  Result<std::vector<Service>> services_mounting(const std::string& volume, const NodeBinding& node) override;
  Result<std::string> service_id(const std::string& service_name) override;
  Result<bool> is_member(const std::string& swarm_node_id) override;
  Reachable reachable() override;

 private:
  Result<Asker> check(const Candidate& candidate, const Task& task, const NodeBinding& node, const std::string& volume);
  Result<TemplateFacts> facts_of(const Task& task, const Json& service);
  Status bind_container(const Candidate& candidate);

  const std::string name_;
  Managers managers_;
  const ServiceView view_;
  Mutex mutex_;
  // The container that was seen first for a task, before a manager knew it; the last thousand.
  std::map<std::string, std::string> bound_ POLLY_GUARDED_BY(mutex_);
  std::deque<std::string> bound_order_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::swarm::docker
