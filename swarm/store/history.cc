#include "swarm/store/history.h"

#include <algorithm>

namespace polly::store {
namespace {

size_t size_of(const Change& change) {
  return change.key.size() + (change.value ? change.value->size() : 0);
}

// Far enough for any caller, and near enough to be added to the time of day.
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(24);

}  // namespace

class History::Subscription : public Watch {
 public:
  Subscription(std::shared_ptr<History> history, std::string prefix, Revision after) : history_(std::move(history)) {
    subscriber_.prefix = std::move(prefix);
    subscriber_.after = after;
    Lock lock(history_->mutex_);
    subscriber_.compacted = !history_->known_since(after);
    subscriber_.pending = history_->may_have_changed(subscriber_.prefix, after);
    if (!subscriber_.pending) subscriber_.after = std::max(after, history_->now_);
    history_->subscribers_.insert(&subscriber_);
  }
  ~Subscription() override {
    Lock lock(history_->mutex_);
    history_->subscribers_.erase(&subscriber_);
  }
  Result<Changes> next(std::chrono::milliseconds timeout) override { return history_->next(subscriber_, timeout); }

 private:
  std::shared_ptr<History> history_;
  Subscriber subscriber_;
};

void History::announce(Revision revision) {
  Lock lock(mutex_);
  soonest_ = std::max(now_, revision);
}

void History::publish(std::vector<Change> changes, Revision now) {
  Lock lock(mutex_);
  for (Subscriber* subscriber : subscribers_) {
    if (subscriber->pending) continue;
    subscriber->pending = std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
      return change.revision > subscriber->after && change.key.starts_with(subscriber->prefix);
    });
    if (subscriber->pending) {
      subscriber->wake.notify_all();
    } else {
      subscriber->after = std::max(subscriber->after, now);
    }
  }
  now_ = now;
  soonest_ = std::max(soonest_, now);
  append(std::move(changes));
}

void History::append(std::vector<Change> changes) {
  for (Change& change : changes) {
    bytes_ += size_of(change);
    ring_.push_back(std::make_shared<const Change>(std::move(change)));
  }
  while (ring_.size() > bounds_.changes || bytes_ > bounds_.bytes) drop_oldest_commit();
}

// A commit is in the ring as a whole or not at all.
void History::drop_oldest_commit() {
  floor_ = ring_.front()->revision;
  while (!ring_.empty() && ring_.front()->revision == floor_) {
    bytes_ -= size_of(*ring_.front());
    ring_.pop_front();
  }
}

bool History::changed_below(const std::string& prefix, Revision after) const {
  Lock lock(mutex_);
  return may_have_changed(prefix, after);
}

// A revision that is yet to come belongs to another life of this store, from before a backup was restored.
bool History::known_since(Revision after) const {
  return after >= floor_ && after <= soonest_;
}

bool History::may_have_changed(const std::string& prefix, Revision after) const {
  if (!known_since(after)) return true;
  for (auto entry = ring_.rbegin(); entry != ring_.rend() && (*entry)->revision > after; ++entry) {
    if ((*entry)->key.starts_with(prefix)) return true;
  }
  return false;
}

std::unique_ptr<Watch> History::watch(std::string prefix, Revision after) {
  return std::make_unique<Subscription>(shared_from_this(), std::move(prefix), after);
}

std::vector<History::Entry> History::entries_for(const Subscriber& subscriber) const {
  const auto first = std::upper_bound(ring_.begin(), ring_.end(), subscriber.after,
                                      [](Revision after, const Entry& entry) { return after < entry->revision; });
  std::vector<Entry> entries;
  std::copy_if(first, ring_.end(), std::back_inserter(entries),
               [&](const Entry& entry) { return entry->key.starts_with(subscriber.prefix); });
  return entries;
}

Result<Changes> History::next(Subscriber& subscriber, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + std::min(timeout, longest_wait);
  Changes answer;
  std::vector<Entry> entries;
  {
    Lock lock(mutex_);
    while (!subscriber.pending && !closed_) {
      if (!subscriber.wake.wait_until(mutex_, deadline)) break;
    }
    if (closed_) return fail(Code::unavailable, "cannot watch '{}': the store was closed", subscriber.prefix);
    subscriber.compacted |= subscriber.after < floor_;
    answer.compacted = subscriber.compacted;
    answer.revision = subscriber.after;
    if (answer.compacted || !subscriber.pending) return answer;
    entries = entries_for(subscriber);
    subscriber.after = answer.revision = now_;
    subscriber.pending = false;
  }
  answer.changes.reserve(entries.size());
  for (const Entry& entry : entries) answer.changes.push_back(*entry);  // may be much: not under the lock
  return answer;
}

void History::close() {
  Lock lock(mutex_);
  closed_ = true;
  for (Subscriber* subscriber : subscribers_) subscriber->wake.notify_all();
}

}  // namespace polly::store
