#include "plugin/frontends/docker/asker.h"

#include <algorithm>
#include <thread>

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds list_limit{1'000};
constexpr std::chrono::milliseconds ceiling{100};
constexpr std::chrono::milliseconds least_for_the_last{10};
constexpr int looks = 3;

// An inspect that meets no lock takes as long as a list, about 1 ms. On a machine that is slow right now, both take
// longer.
Prober::Limits limits_for(std::chrono::milliseconds list_took) {
  return {ceiling, std::clamp(list_took * 5, least_for_the_last, ceiling)};
}

}  // namespace

Result<Claimants> Asker::find(const std::string& volume) {
  for (int look = 0; look < looks; ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 * look));
    auto began = std::chrono::steady_clock::now();
    auto containers = engine_.with_volume(volume, list_limit);
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    if (!containers && may_pass(containers.error())) return Claimants{{}, true};
    if (!containers) return fail(containers.error());
    if (auto busy = busy_ones(*containers, limits_for(took)); !busy.empty()) return Claimants{std::move(busy), false};
  }
  return fail(Code::refused,
              "cannot tell who asks: no container that uses it is being created or started on this node; start the "
              "container again");
}

std::vector<Candidate> Asker::busy_ones(const std::vector<ListedContainer>& containers, Prober::Limits limits) {
  std::vector<const ListedContainer*> resting;
  std::vector<std::string> ids;
  for (const auto& container : containers) {
    if (!container.may_be_mounting()) continue;
    resting.push_back(&container);
    ids.push_back(container.id);
  }
  if (ids.empty()) return {};
  auto inspections = prober_.probe(ids, limits);
  std::vector<Candidate> busy;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (inspections[i].outcome == Inspection::Outcome::answered) continue;
    bool created = inspections[i].outcome == Inspection::Outcome::unknown;
    busy.push_back({resting[i]->id, resting[i]->name, resting[i]->task,
                    created ? Candidate::Phase::copy_up : Candidate::Phase::start});
  }
  return busy;
}

}  // namespace polly::node
