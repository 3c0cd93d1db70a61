// A coordinator that decides at once and misbehaves on demand: it can be away, hang, refuse, lie, lose answers.
//
// Its books are the checker of these tests: what it has recorded and was never told to release is a leak.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "base/system.h"
#include "swarm/client/coordinator.h"

namespace polly::test {

class CoordinatorDouble : public client::Coordinator {
 public:
  std::string driver = "memory";
  std::string pool = "test";
  std::function<Json(const Volume&)> context = [this](const Volume&) {
    return Json::object().set("pool", pool).set("directories", true);
  };

  // Faults, by the name of the call: "mount", "release", "create", "remove", "volume", "feed", "inventory", "format",
  // or of call and volume: "mount notes".
  void fail_with(const std::string& call, Error error) {
    with([&] { faults_[call] = std::move(error); });
  }
  void lose_answer(const std::string& call) {
    with([&] { lost_.insert(call); });
  }  // it happens, nobody hears of it
  void hang(const std::string& call) {
    with([&] { hanging_.insert(call); });
  }
  void heal() {
    with([&] {
      faults_.clear();
      lost_.clear();
      hanging_.clear();
      away_ = false;
    });
  }
  void go_away() {
    with([&] { away_ = true; });
  }

  // The mount waits for its verdict until the volume has no mount any more, or for wait_ms: as when another holds it.
  void wait_for_release(const std::string& volume) {
    with([&] { waits_for_release_.insert(volume); });
  }
  void lie(std::function<void(MountAnswer&)> lie) {
    with([&] { lie_ = std::move(lie); });
  }

  Volume add(const std::string& name) {
    CreateVolume request;
    request.name = name;
    return *create_volume(request, std::chrono::seconds(10));
  }
  // As another node would: the name is free again at once.
  void take_away(const std::string& name) {
    with([&] { drop(name); });
  }

  // By Docker's ids, which are what a reference begins with.
  std::set<std::string> mounts(const std::string& name) const {
    Lock lock(mutex_);
    std::set<std::string> ids;
    if (auto found = volumes_.find(name); found != volumes_.end())
      for (const auto& reference : mounted(found->second.id)) ids.insert(reference.substr(0, reference.rfind('.')));
    return ids;
  }
  size_t mount_count() const {
    Lock lock(mutex_);
    size_t count = 0;
    for (const auto& [volume, ids] : mounts_) count += ids.size();
    return count;
  }
  std::vector<Release> releases() const {
    Lock lock(mutex_);
    return releases_;
  }
  std::vector<MountClaim> claims() const {
    Lock lock(mutex_);
    return claims_;
  }
  std::vector<Inventory> inventories() const {
    Lock lock(mutex_);
    return inventories_;
  }
  int count(const std::string& call) const {
    Lock lock(mutex_);
    auto found = counts_.find(call);
    return found == counts_.end() ? 0 : found->second;
  }
  void set_session(const std::string& session) {
    with([&] { session_ = session; });
  }
  void set_grant_session_ttl(int64_t ttl, int64_t heartbeat) {
    with([&] {
      ttl_ = ttl;
      heartbeat_ = heartbeat;
    });
  }
  std::vector<OpenSession> opened() const {
    Lock lock(mutex_);
    return opened_;
  }
  std::vector<EngineFacts> reported() const {
    Lock lock(mutex_);
    return reported_;
  }

  Result<SessionGrant> open_session(const OpenSession& request) override {
    TRY_STATUS(enter("open_session"));
    Lock lock(mutex_);
    opened_.push_back(request);
    if (request.resume.empty() || request.resume != session_) session_ = "s" + std::to_string(opened_.size());
    return SessionGrant{session_, ttl_, heartbeat_};
  }
  Status heartbeat(const std::string&, const std::string& session) override {
    TRY_STATUS(enter("heartbeat"));
    return check(session);
  }
  Status report_engine(const std::string&, const std::string& session, const EngineFacts& facts) override {
    TRY_STATUS(enter("report_engine"));
    TRY_STATUS(check(session));
    with([&] { reported_.push_back(facts); });
    return {};
  }

  Result<InventoryAnswer> inventory(const Inventory& inventory) override {
    TRY_STATUS(enter("inventory"));
    TRY_STATUS(check(inventory.session));
    Lock lock(mutex_);
    inventories_.push_back(inventory);
    InventoryAnswer answer;
    std::map<std::string, std::set<std::string>> held;
    for (const auto& one : inventory.held) held[one.volume_id] = {one.mounts.begin(), one.mounts.end()};
    for (auto& [volume, ids] : mounts_)
      std::erase_if(ids, [&, volume = volume](const std::string& id) {
        if (held[volume].contains(id)) return false;
        answer.released_mounts.push_back(id);
        return true;
      });
    for (const auto& [volume, ids] : held)
      for (const auto& id : ids)
        if (!mounted(volume).contains(id)) answer.unknown_mounts.push_back(id);
    changed_.notify_all();
    return answer;
  }

  Result<Volume> create_volume(const CreateVolume& request, std::chrono::milliseconds within) override {
    TRY_STATUS(enter("create", request.name, within));
    Lock lock(mutex_);
    auto& volume = volumes_[request.name];
    if (volume.id.empty()) {
      volume.id = make_id();
      volume.name = request.name;
      volume.pool = request.pool.empty() ? pool : request.pool;
      volume.size = request.size;
      volume.volume_class = request.volume_class;
      volume.state = Volume::State::ready;
      volume.created = 1'700'000'000'000;
      note(volume);
    } else if (request.size != 0 && request.size != volume.size) {
      return fail(Code::exists, "cannot create volume '{}': it exists with another size", request.name);
    }
    return volume;
  }

  Result<Volume> volume(const std::string& name, std::chrono::milliseconds within) override {
    TRY_STATUS(enter("volume", name, within));
    Lock lock(mutex_);
    auto found = volumes_.find(name);
    if (found == volumes_.end()) return fail(Code::not_found, "no such volume: '{}'", name);
    return found->second;
  }

  Status remove_volume(const std::string& name, const std::string& by, std::chrono::milliseconds within) override {
    TRY_STATUS(enter("remove", name, within));
    Lock lock(mutex_);
    removed_by_ = by;
    auto found = volumes_.find(name);
    if (found == volumes_.end()) return fail(Code::not_found, "no such volume: '{}'", name);
    if (!mounted(found->second.id).empty())
      return fail(Code::busy, "cannot remove volume '{}': it is mounted on node 'n1'", name);
    drop(name);
    return {};
  }
  std::string removed_by() const {
    Lock lock(mutex_);
    return removed_by_;
  }

  Result<client::Feed> feed(uint64_t since, std::chrono::milliseconds wait) override {
    TRY_STATUS(enter("feed"));
    auto until = std::chrono::steady_clock::now() + wait;
    Lock lock(mutex_);
    client::Feed feed;
    if (since == 0 || since > revision_) {
      feed.reset = true;
      feed.revision = revision_;
      for (const auto& [name, volume] : volumes_) feed.changed.push_back(volume);
      return feed;
    }
    while (since == revision_ && !away_ && changed_.wait_until(mutex_, until)) {
    }
    feed.revision = revision_;
    for (uint64_t i = since; i < revision_; ++i) {
      const auto& change = history_[i - 1];
      auto found = volumes_.find(change.name);
      if (found == volumes_.end() || found->second.id != change.id)
        feed.removed.push_back(change);
      else
        feed.changed.push_back(found->second);
    }
    return feed;
  }

  Result<MountAnswer> mount(const MountClaim& claim) override {
    with([&] { claims_.push_back(claim); });
    TRY_STATUS(enter("mount", claim.volume));
    TRY_STATUS(check(claim.session));
    auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(claim.wait_ms);
    Lock lock(mutex_);
    auto found = volumes_.find(claim.volume);
    if (found == volumes_.end()) return fail(Code::not_found, "cannot mount volume '{}': no such volume", claim.volume);
    auto& volume = found->second;
    while (waits_for_release_.contains(claim.volume) && !mounted(volume.id).empty())
      if (!changed_.wait_until(mutex_, until))
        return fail(Code::refused, "cannot mount volume '{}': another service holds it", claim.volume);
    auto& ids = mounts_[volume.id];
    if (ids.empty()) volume.epoch = {1, volume.epoch.number + 1};
    ids.insert(claim.mount_id);
    MountAnswer answer{volume, driver, volume.epoch, Access::read_write, {"swarm", "db", ""}, context(volume)};
    if (lie_) lie_(answer);
    if (lost_.contains("mount")) return fail(Code::unknown_outcome, "the connection broke");
    return answer;
  }

  Status release(const Release& release) override {
    TRY_STATUS(enter("release"));
    Lock lock(mutex_);
    releases_.push_back(release);
    if (auto found = mounts_.find(release.volume_id); found != mounts_.end()) found->second.erase(release.mount_id);
    changed_.notify_all();
    if (lost_.contains("release")) return fail(Code::unknown_outcome, "the connection broke");
    return {};
  }

  Status format(const FormatStep& step) override {
    TRY_STATUS(enter("format"));
    Lock lock(mutex_);
    for (auto& [name, volume] : volumes_)
      if (volume.id == step.volume_id)
        volume.format = {step.step == FormatStep::Step::begin ? Format::State::formatting : Format::State::formatted,
                         step.uuid};
    return {};
  }

 private:
  template <class Change>
  void with(Change change) {
    Lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::set<std::string> mounted(const std::string& volume_id) const POLLY_REQUIRES(mutex_) {
    auto found = mounts_.find(volume_id);
    return found == mounts_.end() ? std::set<std::string>() : found->second;
  }

  void note(const Volume& volume) POLLY_REQUIRES(mutex_) {
    history_.push_back({volume.id, volume.name});
    revision_ = history_.size() + 1;
    changed_.notify_all();
  }
  void drop(const std::string& name) POLLY_REQUIRES(mutex_) {
    auto volume = volumes_[name];
    volumes_.erase(name);
    note(volume);
  }

  Status check(const std::string& session) const {
    Lock lock(mutex_);
    if (!session_.empty() && session != session_) return fail(Code::conflict, "the session is another now");
    return {};
  }

  // Hangs at most as long as the contract allows.
  Status enter(const std::string& call, const std::string& volume = "",
               std::chrono::milliseconds within = std::chrono::seconds(10)) {
    auto until = std::chrono::steady_clock::now() + within;
    auto on_volume = call + " " + volume;
    Lock lock(mutex_);
    ++counts_[call];
    bool hung = false;
    while (hanging_.contains(call) || hanging_.contains(on_volume)) {
      hung = true;
      if (!changed_.wait_until(mutex_, until)) break;
    }
    if (hung) return fail(Code::timeout, "no answer");
    if (away_) return fail(Code::unavailable, "connection refused");
    for (const auto& key : {call, on_volume})
      if (auto fault = faults_.find(key); fault != faults_.end()) return fail(fault->second);
    return {};
  }

  mutable Mutex mutex_;
  Condition changed_;
  std::map<std::string, Volume> volumes_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> mounts_ POLLY_GUARDED_BY(mutex_);  // by volume id
  std::vector<client::Feed::Removed> history_ POLLY_GUARDED_BY(mutex_);
  uint64_t revision_ POLLY_GUARDED_BY(mutex_) = 1;
  std::map<std::string, Error> faults_ POLLY_GUARDED_BY(mutex_);
  std::set<std::string> lost_ POLLY_GUARDED_BY(mutex_);
  std::set<std::string> hanging_ POLLY_GUARDED_BY(mutex_);
  std::set<std::string> waits_for_release_ POLLY_GUARDED_BY(mutex_);
  std::function<void(MountAnswer&)> lie_ POLLY_GUARDED_BY(mutex_);
  std::vector<Release> releases_ POLLY_GUARDED_BY(mutex_);
  std::vector<MountClaim> claims_ POLLY_GUARDED_BY(mutex_);
  std::vector<Inventory> inventories_ POLLY_GUARDED_BY(mutex_);
  std::vector<OpenSession> opened_ POLLY_GUARDED_BY(mutex_);
  std::vector<EngineFacts> reported_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, int> counts_ POLLY_GUARDED_BY(mutex_);
  std::string session_ POLLY_GUARDED_BY(mutex_);
  std::string removed_by_ POLLY_GUARDED_BY(mutex_);
  bool away_ POLLY_GUARDED_BY(mutex_) = false;
  int64_t ttl_ POLLY_GUARDED_BY(mutex_) = 12'000;
  int64_t heartbeat_ POLLY_GUARDED_BY(mutex_) = 3'000;
};

}  // namespace polly::test
