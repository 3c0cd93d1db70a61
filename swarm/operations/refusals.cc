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
// Each costs a commit: a node that asks for ever other things must not fill the store.
constexpr int new_ones_a_minute = 30;

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
  if (loaded_) return;
  auto stored = context_.state.refusals();
  if (!stored) return log::warn("cannot read earlier refusals: {}", stored.error().message);
  loaded_ = true;
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

bool Refusals::spend(const std::string& node, int64_t at) {
  auto& spent = spent_[node];
  const auto minute = at / Millis(std::chrono::minutes(1)).count();
  if (spent.minute != minute) spent = {minute, 0};
  return ++spent.count <= new_ones_a_minute;
}

Refusals::Entry* Refusals::entry_for(Refusal refusal) {
  auto key = key_of(refusal);
  auto known = entries_.find(key);
  if (known != entries_.end() && refusal.last - known->second.refusal.last <= window) {
    auto& entry = known->second;
    ++entry.refusal.count;
    entry.refusal.last = refusal.last;
    entry.refusal.message = std::move(refusal.message);
    entry.refusal.findings = std::move(refusal.findings);
    return &entry;
  }
  if (!spend(refusal.node, refusal.last)) return nullptr;
  if (known != entries_.end()) {
    forget(known);
  } else if (entries_.size() >= most_remembered) {
    forget(std::ranges::min_element(entries_, {}, [](const auto& e) { return e.second.refusal.last; }));
  }
  refusal.id = make_id().substr(0, 8);
  refusal.event = make_event(context_, "", "", "", "").id;
  refusal.first = refusal.last;
  return &(entries_[key] = {std::move(refusal), 0, 0});
}

std::string Refusals::note(Refusal refusal) {
  refusal.last = now(context_);
  Refusal due;
  {
    Lock lock(mutex_);
    load();
    auto* entry = entry_for(std::move(refusal));
    if (entry == nullptr) return "";
    const auto count = entry->refusal.count;
    if (!is_power_of_ten(count) && entry->refusal.last - entry->written_at < between_writes) return entry->refusal.id;
    entry->written_at = entry->refusal.last;
    due = entry->refusal;
  }
  auto written = write(due);
  if (!written)
    log::warn("cannot write down a refusal id={} volume={}: {}", due.id, due.volume, written.error().message);
  note_outcome(due, written.has_value());
  return written || due.count > 1 ? due.id : "";
}

// What could not be written is due again at the next repeat.
void Refusals::note_outcome(const Refusal& refusal, bool written) {
  Lock lock(mutex_);
  auto known = entries_.find(key_of(refusal));
  if (known == entries_.end() || known->second.refusal.id != refusal.id) return;
  auto& entry = known->second;
  if (written) {
    entry.written_count = std::max(entry.written_count, refusal.count);
  } else {
    entry.written_at = 0;
  }
}

Event Refusals::event_of(const Refusal& refusal) {
  return {refusal.event,   refusal.first,   "mount.refused", "volume " + refusal.volume,
          refusal.service, refusal.message, refusal.count,   refusal.count == 1 ? 0 : refusal.last,
          refusal.id};
}

Status Refusals::write(const Refusal& refusal) {
  TRY_STATUS(context_.state.commit(store::Edit().put(refusal).put(event_of(refusal))));
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

std::vector<Event> Refusals::with_counts(std::vector<Event> events, const std::string& subject, size_t limit) const {
  {
    std::map<std::string, Event> known;
    Lock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      auto event = event_of(entry.refusal);
      if (subject.empty() || event.subject == subject) known.emplace(event.id, std::move(event));
    }
    for (auto& event : events)
      if (auto found = known.extract(event.id)) event = std::move(found.mapped());
    for (auto& [id, event] : known)
      if (event.count > 1) events.push_back(std::move(event));
  }
  std::ranges::stable_sort(events, {}, [](const Event& event) { return std::max(event.at, event.last); });
  if (events.size() > limit) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(limit));
  return events;
}

}  // namespace polly::swarm
