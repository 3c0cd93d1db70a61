#include "plugin/frontends/docker/prober.h"

#include <algorithm>

namespace polly::node {
namespace {

constexpr size_t at_once = 32;

}  // namespace

struct Prober::Round {
  std::vector<std::string> containers;
  std::chrono::milliseconds each{0};
  Mutex mutex;
  Condition changed;
  size_t next POLLY_GUARDED_BY(mutex) = 0;
  size_t ended POLLY_GUARDED_BY(mutex) = 0;
  bool given_up POLLY_GUARDED_BY(mutex) = false;
  std::vector<Inspection> inspections POLLY_GUARDED_BY(mutex);
};

std::vector<Inspection> Prober::probe(const std::vector<std::string>& containers, Limits limits) {
  auto round = std::make_shared<Round>();
  round->containers = containers;
  round->each = limits.each;
  auto workers = std::min(containers.size(), at_once);
  auto rounds = static_cast<int>((containers.size() + at_once - 1) / at_once);
  auto until = std::chrono::steady_clock::now() + limits.each * std::max(rounds, 1);
  {
    Lock lock(round->mutex);
    round->inspections.resize(containers.size());
  }
  bool some = false;
  for (size_t i = 0; i < workers; ++i) some |= tasks_.run([this, round] { work(round); });
  Lock lock(round->mutex);
  bool hurried = false;
  while (some && round->ended < containers.size()) {
    if (!hurried && round->ended + 1 == containers.size()) {
      until = std::min(until, std::chrono::steady_clock::now() + limits.last);
      hurried = true;
    }
    if (!round->changed.wait_until(round->mutex, until)) break;
  }
  round->given_up = true;
  return round->inspections;
}

void Prober::work(const std::shared_ptr<Round>& round) {
  for (;;) {
    size_t mine = 0;
    {
      Lock lock(round->mutex);
      if (round->given_up || round->next >= round->containers.size()) return;
      mine = round->next++;
    }
    auto inspection = engine_.inspect(round->containers[mine], round->each);
    Lock lock(round->mutex);
    if (!round->given_up) round->inspections[mine] = inspection;
    ++round->ended;
    round->changed.notify_all();
  }
}

}  // namespace polly::node
