// A coordinator without sockets: memory store, memory driver, a clock moved by hand, a scheduler that says what it is
// told.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "drivers/memory/memory.h"
#include "swarm/operations/create.h"
#include "swarm/operations/mounts.h"
#include "swarm/operations/trash.h"
#include "swarm/policy/mount_policy.h"
#include "swarm/store/faulty.h"
#include "swarm/store/memory.h"

namespace polly::swarm {

namespace platform = drivers::memory;

// Believes the label: task "db.1" is of service "db". Wanted running, unless said otherwise.
class SayingScheduler : public Scheduler {
 public:
  const std::string& name() const override { return name_; }
  std::string driver() const override { return "saying"; }
  Result<Asker> identify(const Candidate& candidate, const NodeBinding&, const std::string&, Deadline) override {
    if (forged.count(candidate.task) != 0) return fail(Code::refused, "task {} is not there", candidate.task);
    auto name = candidate.task.substr(0, candidate.task.find('.'));
    auto id = ids.find(name);  // many may ask at once
    return Asker{{"swarm", name, "", id == ids.end() ? "" : id->second}, candidate.task, candidate.container};
  }
  Wanted wanted(const std::string& task) override { return states.count(task) != 0 ? states[task] : Wanted::running; }
  Result<std::vector<Service>> services_mounting(const std::string&, const NodeBinding&) override { return owners; }
  Result<std::string> service_id(const std::string& service) override { return ids[service]; }
  Result<bool> is_member(const std::string&) override { return false; }
  Reachable reachable() override { return {true, ""}; }

  std::set<std::string> forged;
  std::map<std::string, Wanted> states;
  std::vector<Service> owners;
  std::map<std::string, std::string> ids;  // of services, by name

 private:
  std::string name_ = "swarm";
};

class CoordinatorTest : public testing::Test {
 protected:
  explicit CoordinatorTest(Json driver_settings = Json::object()) {
    platform::Platform::forget_all();
    settings.pools = {{"fast", "memory", uint64_t{10} << 30, std::move(driver_settings)}};
    settings.classes.push_back({});
    settings.classes.back().name = "open";
    settings.classes.back().access = DefaultAccess::open;
    auto made = Pools::make(settings);
    EXPECT_TRUE(made) << made.error().message;
    pools = *std::move(made);
    auto saying = std::make_unique<SayingScheduler>();
    scheduler = saying.get();
    schedulers.push_back(std::move(saying));
  }

  SessionGrant join(const std::string& node, const std::string& boot = "boot1") {
    auto grant = sessions.open({node, boot, "", "1"}, "");
    EXPECT_TRUE(grant) << grant.error().message;
    return grant.value_or(SessionGrant{});
  }

  Result<Made> create(const std::string& name, const std::string& volume_class = "", uint64_t size = 0) {
    CreateVolume request;
    request.name = name;
    request.size = size;
    request.volume_class = volume_class;
    request.by = "test";
    return create_volume(context, journal, request, {});
  }

  // The service's first task on that node mounts the volume. The mount's id is unique to service, node and `n`.
  Result<MountAnswer> mount(const std::string& volume, const std::string& service, const std::string& node,
                            int64_t wait_ms = 0, int n = 1) {
    return policy.mount(claim_of(volume, service, node, wait_ms, n));
  }
  MountClaim claim_of(const std::string& volume, const std::string& service, const std::string& node,
                      int64_t wait_ms = 0, int n = 1) {
    MountClaim claim;
    claim.volume = volume;
    claim.mount_id = mount_id(service, node, n);
    claim.node = node;
    claim.session = session_of(node);
    claim.wait_ms = wait_ms;
    claim.candidates = {{"c-" + service, service + ".1", service + ".1", Candidate::Phase::start}};
    return claim;
  }

  static std::string mount_id(const std::string& service, const std::string& node, int n = 1) {
    return service + "@" + node + "#" + std::to_string(n);
  }

  Status release(const std::string& volume, const std::string& service, const std::string& node, int n = 1) {
    return release_mount(context, journal, {get(volume).id, mount_id(service, node, n), node, session_of(node)});
  }

  Volume get(const std::string& name) {
    auto volume = state.volume(name);
    EXPECT_TRUE(volume) << volume.error().message;
    return volume ? volume->value : Volume{};
  }

  std::string session_of(const std::string& node) {
    auto stored = state.node(node);
    return stored ? stored->value.session : "";
  }

  void grant(const std::string& volume, const std::string& to, Access access = Access::read_write) {
    auto stored = state.volume(volume);
    ASSERT_TRUE(stored);
    stored->value.grants.push_back({ServicePattern{to}, access, "", 0});
    ASSERT_TRUE(state.commit(store::Edit().unchanged(*stored).put(stored->value)));
  }

  platform::Platform& fast() { return platform::Platform::of("fast"); }

  std::unique_ptr<store::Store> memory = store::make_memory_store();
  store::FaultyStore faulty{*memory};
  store::State state{faulty};
  CoordinatorSettings settings;
  Pools pools;
  ManualClock clock;
  Context context{state, pools, settings, clock, 1};
  Journal journal{context};
  Sessions sessions{context};
  Schedulers schedulers;
  SayingScheduler* scheduler = nullptr;
  MountPolicy policy{context, journal, sessions, schedulers};
};

#define EXPECT_REFUSED(result, expected_code, words)                                              \
  do {                                                                                            \
    auto&& outcome = (result);                                                                    \
    ASSERT_FALSE(outcome);                                                                        \
    EXPECT_EQ(outcome.error().code, expected_code) << outcome.error().message;                    \
    EXPECT_NE(outcome.error().message.find(words), std::string::npos) << outcome.error().message; \
  } while (false)

}  // namespace polly::swarm
