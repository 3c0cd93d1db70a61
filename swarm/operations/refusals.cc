#include "swarm/operations/refusals.h"

#include <algorithm>

#include "base/log.h"
#include "base/system.h"

namespace polly::swarm {
namespace {

// What happens again later than this is news, and gets an id of its own.
constexpr int64_t window = Millis(std::chrono::hours(1)).count();
constexpr int64_t between_writes = Millis(std::chrono::minutes(5)).count();
constexpr size_t most_remembered = 2000;

std::string key_of(const Refusal& refusal) {
  const auto& rule = refusal.findings.empty() ? std::string() : refusal.findings.back().rule;
  return fmt::format("{}\n{}\n{}\n{}\n{}", refusal.volume, refusal.service, refusal.node, rule, refusal.reason);
}

bool is_power_of_ten(int64_t number) {
  while (number % 10 == 0 && number > 0) number /= 10;
  return number == 1;
}

}  // namespace

Refusals::~Refusals() {
  Lock lock(mutex_);
  for (const auto& [key, entry] : entries_)
    if (entry.refusal.count != entry.written_count) (void)write(entry.refusal);
}

// Before the first one, so that a restart of the coordinator changes no ids.
void Refusals::load() {
  if (std::exchange(loaded_, true)) return;
  auto stored = context_.state.refusals();
  if (!stored) return log::warn("cannot read earlier refusals: {}", stored.error().message);
  for (auto& refusal : *stored) {
    if (refusal.value.last < now(context_) - window || entries_.size() >= most_remembered) continue;
    auto key = key_of(refusal.value);
    auto count = refusal.value.count;
    auto at = refusal.value.last;
    entries_[key] = {std::move(refusal.value), count, at};
  }
}

void Refusals::forget(Entries::iterator which) {
  if (which->second.refusal.count != which->second.written_count) (void)write(which->second.refusal);
  entries_.erase(which);
}

Refusals::Entry& Refusals::entry_for(Refusal refusal) {
  auto key = key_of(refusal);
  auto known = entries_.find(key);
  if (known != entries_.end() && refusal.last - known->second.refusal.last <= window) {
    auto& entry = known->second;
    ++entry.refusal.count;
    entry.refusal.last = refusal.last;
    entry.refusal.message = std::move(refusal.message);
    entry.refusal.findings = std::move(refusal.findings);
    return entry;
  }
  if (known != entries_.end()) {
    forget(known);
  } else if (entries_.size() >= most_remembered) {
    forget(std::ranges::min_element(entries_, {}, [](const auto& e) { return e.second.refusal.last; }));
  }
  refusal.id = make_id().substr(0, 8);
  refusal.event = make_event(context_, "", "", "", "").id;
  refusal.first = refusal.last;
  return entries_[key] = {std::move(refusal), 0, 0};
}

std::string Refusals::note(Refusal refusal) {
  refusal.last = now(context_);
  Refusal due;
  {
    Lock lock(mutex_);
    load();
    auto& entry = entry_for(std::move(refusal));
    const auto count = entry.refusal.count;
    if (!is_power_of_ten(count) && entry.refusal.last - entry.written_at < between_writes) return entry.refusal.id;
    entry.written_count = count;
    entry.written_at = entry.refusal.last;
    due = entry.refusal;
  }
  if (auto written = write(due); !written) {
    log::warn("cannot write down a refusal id={} volume={}: {}", due.id, due.volume, written.error().message);
    if (due.count > 1) return due.id;
    Lock lock(mutex_);
    entries_.erase(key_of(due));
    return "";
  }
  return due.id;
}

Status Refusals::write(const Refusal& refusal) {
  Event event{refusal.event,   refusal.first,   "mount.refused", "volume " + refusal.volume,
              refusal.service, refusal.message, refusal.count,   refusal.count == 1 ? 0 : refusal.last,
              refusal.id};
  TRY_STATUS(context_.state.commit(store::Edit().put(refusal).put(event)));
  return {};
}

Result<Refusal> Refusals::find(const std::string& id) {
  {
    Lock lock(mutex_);
    for (const auto& [key, entry] : entries_)
      if (entry.refusal.id == id) return entry.refusal;
  }
  return context_.state.refusal(id);
}

Event Refusals::with_count(Event event) const {
  if (event.refusal.empty()) return event;
  Lock lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.refusal.id != event.refusal) continue;
    event.count = entry.refusal.count;
    event.last = event.count == 1 ? 0 : entry.refusal.last;
  }
  return event;
}

}  // namespace polly::swarm
