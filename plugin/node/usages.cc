#include "plugin/node/usages.h"

namespace polly::node {

std::optional<drivers::Usage> Usages::of(const std::string& name) const {
  Lock lock(mutex_);
  auto found = known_.find(name);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void Usages::look() {
  for (const auto& lane : parts_.lanes.all()) {
    bool staged = false;
    {
      Lock lock(lane->mutex);
      staged = !lane->staged().path.empty();
    }
    if (!staged)
      note(lane->name, std::nullopt);
    else if (lane->try_turn() && !parts_.tasks.run([this, lane] { look_at(lane); }))
      lane->give_turn();
  }
}

// With the turn.
void Usages::look_at(const LanePtr& lane) {
  Turn turn(*lane);
  drivers::Staged staged;
  std::string driver;
  {
    Lock lock(lane->mutex);
    staged = lane->staged();
    driver = lane->record().driver;
  }
  auto half = staged.path.empty() ? fail(Code::not_found, "not staged") : parts_.halves.get(driver);
  auto usage = half ? (*half)->usage(staged) : fail(half.error());
  note(lane->name, usage ? std::optional(*usage) : std::nullopt);
}

void Usages::note(const std::string& name, std::optional<drivers::Usage> usage) {
  Lock lock(mutex_);
  if (usage)
    known_[name] = *usage;
  else
    known_.erase(name);
}

}  // namespace polly::node
