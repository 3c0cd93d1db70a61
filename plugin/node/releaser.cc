#include "plugin/node/releaser.h"

#include <algorithm>

#include "base/log.h"

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds first_delay{100};
constexpr std::chrono::milliseconds most_delay{5'000};

}  // namespace

Releaser::Releaser(Parts& parts, int senders) : parts_(parts) {
  for (int i = 0; i < senders; ++i) senders_.emplace_back([this] { send_due(); });
}

void Releaser::wake(const LanePtr& lane) {
  Lock lock(mutex_);
  due_.insert_or_assign(lane->id, Due{lane, std::chrono::steady_clock::now(), first_delay});
  changed_.notify_one();
}

bool Releaser::flush(const LanePtr& lane, Deadline deadline) {
  return send_all(lane, deadline);
}

void Releaser::stop() {
  {
    Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (auto& sender : senders_)
    if (sender.joinable()) sender.join();
}

void Releaser::send_due() {
  Due due;
  while (take_due(due)) {
    // Another may be sending for this volume; its failure is then tried again here.
    if (send_all(due.lane, from_now(first_delay))) continue;
    auto next = Due{due.lane, from_now(due.delay), std::min(due.delay * 2, most_delay)};
    Lock lock(mutex_);
    due_.emplace(due.lane->id, std::move(next));  // unless it was woken meanwhile
  }
}

bool Releaser::take_due(Due& due) {
  Lock lock(mutex_);
  while (!stopping_) {
    auto first = std::ranges::min_element(due_, {}, [](const auto& entry) { return entry.second.at; });
    if (first == due_.end()) {
      changed_.wait(mutex_);
    } else if (first->second.at > std::chrono::steady_clock::now()) {
      changed_.wait_until(mutex_, Deadline(first->second.at));
    } else {
      due = std::move(first->second);
      due_.erase(first);
      return true;
    }
  }
  return false;
}

bool Releaser::send_all(const LanePtr& lane, Deadline deadline) {
  {
    Lock lock(lane->mutex);
    while (lane->releasing)
      if (!lane->changed.wait_until(lane->mutex, deadline)) return lane->record().releases.empty();
    lane->releasing = true;
  }
  bool told = true;
  for (bool first = true;; first = false) {
    std::string oldest;
    {
      Lock lock(lane->mutex);
      if (lane->record().releases.empty()) break;
      oldest = lane->record().releases.front();
    }
    if (!first && std::chrono::steady_clock::now() >= deadline) {
      told = false;
      break;
    }
    if (auto sent = send(*lane, oldest); !sent) {
      log::debug("release not told volume={} mount={}: {}", lane->name, oldest, sent.error().message);
      told = false;
      break;
    }
  }
  Lock lock(lane->mutex);
  lane->releasing = false;
  lane->changed.notify_all();
  return told;
}

Status Releaser::send(Lane& lane, const std::string& reference) {
  TRY(session, parts_.sessions.current());
  auto told = parts_.coordinator.release({lane.id, reference, parts_.identity.node, session});
  if (!told && told.error().code == Code::conflict) parts_.sessions.doubt();
  bool known_there = told || told.error().code != Code::not_found;
  if (!told && known_there) return told;
  Lock lock(lane.mutex);
  std::erase(lane.record().releases, reference);
  if (auto saved = lane.save(); !saved)
    log::error("journal not written, the release will be told again after a restart volume={}: {}", lane.name,
               saved.error().message);
  lane.changed.notify_all();
  return {};
}

}  // namespace polly::node
