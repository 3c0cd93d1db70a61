#include "swarm/schedulers/docker/service_view.h"

#include <algorithm>

#include "base/log.h"

namespace polly::swarm::docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds call_limit{2};
constexpr seconds list_limit{10};  // a thousand services are some megabytes

// No id looks like this: whoever can say that there is none is a manager, and knows a leader.
std::string path_of_nothing() {
  return "/services" + filters(Json::object().set("id", Json::array().push("-")));
}

}  // namespace

ServiceView::ServiceView(std::string name, Managers& managers, Times times)
    : name_(std::move(name)), managers_(managers), times_(times), thread_([this] { work(); }) {}

ServiceView::~ServiceView() {
  {
    Lock lock(mutex_);
    stop_.request_stop();
  }
  stop_asked_.notify_all();
  thread_.join();
}

bool ServiceView::current() const {
  return following_ && unknown_.empty() && steady_clock::now() - proven_ <= times_.trust;
}

bool ServiceView::nobody_mounts(const std::string& volume) const {
  Lock lock(mutex_);
  return current() && std::none_of(services_.begin(), services_.end(),
                                   [&](const auto& entry) { return entry.second.could_mount(volume); });
}

bool ServiceView::pause() {
  const auto until = steady_clock::now() + times_.pause;
  Lock lock(mutex_);
  while (!stop_.stop_requested() && stop_asked_.wait_until(mutex_, until)) {
  }
  return !stop_.stop_requested();
}

void ServiceView::work() {
  size_t manager = 0;
  while (!stop_.stop_requested()) {
    const auto done = follow(manager);
    leave(done);
    if (done) continue;
    manager = (manager + 1) % managers_.count();
    if (!pause()) return;
  }
}

void ServiceView::leave(const Status& why) {
  {
    Lock lock(mutex_);
    following_ = false;
  }
  if (why || stop_.stop_requested() || told_ == why.error().message) return;
  told_ = why.error().message;
  log::warn("asking about services instead of following them scheduler={} reason={}", name_, told_);
}

Result<Json> ServiceView::ask(size_t manager, const std::string& path, milliseconds timeout) {
  const auto asked = steady_clock::now();
  auto answer = managers_.get_from(manager, path, timeout, stop_.get_token());
  if (!answer && answer.error().code != Code::not_found) return answer;
  next_probe_ = asked + times_.probe;
  Lock lock(mutex_);
  proven_ = asked;
  return answer;
}

Status ServiceView::follow(size_t manager) {
  const auto relist_at = steady_clock::now() + times_.relist;
  TRY(events, managers_.follow(manager, "service", stop_.get_token()));
  TRY_STATUS(list(manager));
  while (steady_clock::now() < relist_at) {
    const auto left = std::min(relist_at, next_probe_) - steady_clock::now();
    TRY(event, events.next(behind() ? milliseconds(0) : std::chrono::ceil<milliseconds>(left)));
    switch (event) {
      case http::Lines::Event::line:
        TRY_STATUS(take(events.line()));
        break;
      case http::Lines::Event::silence:
        TRY_STATUS(catch_up(manager));
        break;
      case http::Lines::Event::end:
        return fail(Code::unavailable, "Swarm manager {} has ended its events", managers_.address(manager));
    }
  }
  return {};
}

Status ServiceView::list(size_t manager) {
  TRY(json, ask(manager, "/services", list_limit));
  if (!json.is_array())
    return fail(Code::unavailable, "Swarm manager {} lists its services as {}", managers_.address(manager),
                json.type_name());
  std::map<std::string, SwarmService> services;
  for (const auto& one : json.as_array()) {
    TRY(service, SwarmService::from_json(one));
    services[service.id] = std::move(service);
  }
  Lock lock(mutex_);
  services_ = std::move(services);
  unknown_.clear();
  return {};
}

Status ServiceView::take(const std::string& event) {
  TRY(json, Json::parse(event));
  if (json["Type"].as_string() != "service") return {};
  const auto& id = json["Actor"]["ID"].as_string();
  if (id.empty()) return fail(Code::unavailable, "an event about a service does not say about which");
  Lock lock(mutex_);
  if (json["Action"].as_string() != "remove") {
    unknown_.insert(id);
    return {};
  }
  unknown_.erase(id);
  services_.erase(id);
  return {};
}

bool ServiceView::behind() const {
  Lock lock(mutex_);
  return !following_ || !unknown_.empty();
}

std::string ServiceView::next_unknown() const {
  Lock lock(mutex_);
  return unknown_.empty() ? "" : *unknown_.begin();
}

Status ServiceView::catch_up(size_t manager) {
  if (const auto id = next_unknown(); !id.empty()) {
    auto json = ask(manager, "/services/" + http::encode_segment(id), call_limit);
    if (!json && json.error().code != Code::not_found) return fail(json.error());
    auto service = json ? SwarmService::from_json(*json) : SwarmService{};
    TRY_STATUS(service);
    Lock lock(mutex_);
    unknown_.erase(id);
    services_.erase(id);
    if (json) services_[id] = *std::move(service);
    return {};
  }
  if (steady_clock::now() >= next_probe_) {
    TRY(nothing, ask(manager, path_of_nothing(), call_limit));
    if (!nothing.is_array()) return fail(Code::unavailable, "a Swarm manager answers with {}", nothing.type_name());
  }
  {
    Lock lock(mutex_);
    following_ = true;
  }
  if (told_ != managers_.address(manager)) {
    told_ = managers_.address(manager);
    log::info("following services scheduler={} manager={}", name_, told_);
  }
  return {};
}

}  // namespace polly::swarm::docker
