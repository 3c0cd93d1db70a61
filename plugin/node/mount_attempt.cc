#include "plugin/node/mount_attempt.h"

#include <algorithm>
#include <thread>

#include "base/files.h"
#include "base/log.h"
#include "base/system.h"
#include "plugin/node/format_gate.h"
#include "plugin/node/recovery.h"

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds between_tries{200};

// The coordinator wrote nothing down, so there is nothing to release.
bool recorded_nothing(const Error& error) {
  return error.code == Code::refused || error.code == Code::not_found || error.code == Code::invalid;
}

}  // namespace

MountAttempt::MountAttempt(Parts& parts, Settler& settler, Releaser& releaser, LanePtr lane, std::string mount_id,
                           Deadline deadline)
    : parts_(parts),
      settler_(settler),
      releaser_(releaser),
      lane_(std::move(lane)),
      mount_id_(std::move(mount_id)),
      reference_(mount_id_ + "." + make_id().substr(0, 8)),
      deadline_(deadline) {}

std::string MountAttempt::path() const {
  return parts_.identity.mounts + "/" + lane_->id + "/" + reference_;
}

Result<std::string> MountAttempt::run(const FindClaimants& find_claimants) {
  std::optional<MountRecord> known;
  {
    Lock lock(lane_->mutex);
    if (auto* mount = lane_->record().find(mount_id_)) known = *mount;
  }
  if (known && known->state == MountRecord::State::mounted) return mount_again(*known, find_claimants);
  TRY_STATUS(begin(find_claimants));
  TRY_STATUS(check_in());
  auto answer = decide();
  if (!answer) return undo(answer.error());
  if (auto checked = check(*answer); !checked) return undo(checked.error());
  if (auto noted = note_granted(*answer); !noted) return undo(noted.error());
  auto path = settle_in(*answer);
  if (!path) return undo(path.error());
  return path;
}

Status MountAttempt::wait_recovered() {
  if (lane_->wait_recovered(std::min(deadline_, from_now(parts_.limits.recovery)))) return {};
  return fail(Code::busy, "its mounts from before a restart are still being sorted out; try again later");
}

Status MountAttempt::begin(const FindClaimants& find_claimants) {
  TRY_STATUS(wait_recovered());
  // Left over from an attempt that was just given up, or an Unmount that is not through.
  if (!settler_.wait_gone(*lane_, mount_id_, std::min(deadline_, from_now(parts_.limits.unmount))))
    return fail(Code::busy, "mount {} is still at work; try again later", mount_id_);
  // Made again they would be directories that the engine sees where it does not see what is mounted in them.
  if (!files::exists(parts_.identity.mounts))
    return fail(Code::unavailable, "directory '{}' is gone, where the engine looks for volumes; start the plugin anew",
                parts_.identity.mounts);
  // So that what this node has let go of already does not stand in its own way.
  releaser_.flush(lane_, std::min(deadline_, from_now(parts_.limits.flush)));
  TRY(claimants, find_claimants(lane_->name));
  claimants_ = std::move(claimants);
  return {};
}

// Docker mounts a running container's volumes once more for `docker cp`, under the id that the container has: that
// mount is decided already. When its container is being started the Unmount was lost, and this is a new mount. So it is
// when its mounts went with the engine that held them (a managed plugin's, when dockerd was killed): the path on record
// is then an empty directory.
Result<std::string> MountAttempt::mount_again(const MountRecord& known, const FindClaimants& find_claimants) {
  TRY_STATUS(wait_recovered());
  auto claimants = find_claimants(lane_->name);
  bool being_started = claimants && std::ranges::any_of(claimants->candidates, [&](const Candidate& candidate) {
                         return known.container.empty() || candidate.container == known.container;
                       });
  if (being_started || !is_staged()) {
    settler_.undo(lane_, mount_id_);
    return run_anew(find_claimants);
  }
  Lock lock(lane_->mutex);
  auto* mount = lane_->record().find(mount_id_);
  if (!mount || mount->state != MountRecord::State::mounted)
    return fail(Code::busy, "mount {} is being unmounted; try again later", mount_id_);
  ++mount->count;
  if (auto saved = lane_->save(); !saved) {
    --mount->count;
    return fail(saved.error());
  }
  return mount->path;
}

// As the machine has it now: dockerd may clear away a managed plugin's mounts after the plugin has recovered.
bool MountAttempt::is_staged() {
  if (!lane_->take_turn(deadline_)) return true;  // somebody is at work with it
  Turn turn(*lane_);
  auto staged = find_staged(parts_, *lane_);
  Lock lock(lane_->mutex);
  lane_->staged() = staged;
  return !staged.path.empty();
}

Result<std::string> MountAttempt::run_anew(const FindClaimants& find_claimants) {
  if (!settler_.wait_gone(*lane_, mount_id_, std::min(deadline_, from_now(parts_.limits.unmount))))
    return fail(Code::busy, "its former mount {} cannot be undone yet; try again later", mount_id_);
  return run(find_claimants);
}

// A session whose inventory the coordinator has.
Result<std::string> MountAttempt::pass_gate(Deadline deadline) {
  for (;;) {
    auto session = parts_.sessions.current();
    if (session && parts_.admission.enter(*session, std::min(deadline, from_now(std::chrono::seconds(1)))))
      return session;
    if (std::chrono::steady_clock::now() < deadline) {
      if (!session) std::this_thread::sleep_for(std::min(between_tries, left_until(deadline)));
      continue;
    }
    if (!session) return fail(session.error());
    return fail(Code::unavailable, "the coordinator does not answer; is it running, and reachable from this node?");
  }
}

Status MountAttempt::check_in() {
  TRY_STATUS(pass_gate(std::min(deadline_, from_now(parts_.limits.coordinator_away))));
  MountRecord mount;
  mount.id = mount_id_;
  mount.reference = reference_;
  mount.path = path();
  mount.at = parts_.clock.boottime().count();
  if (claimants_.candidates.size() == 1) {
    mount.container = claimants_.candidates.front().container;
    mount.phase = claimants_.candidates.front().phase;
  }
  Status saved;
  {
    Lock lock(lane_->mutex);
    auto& record = lane_->record();
    if (record.find(mount_id_)) {
      saved = fail(Code::busy, "mount {} is being mounted already", mount_id_);
    } else {
      record.boot = parts_.identity.boot;
      record.mounts.push_back(std::move(mount));
      saved = lane_->save();
      if (!saved) record.erase(mount_id_);
    }
  }
  parts_.admission.leave();
  return saved;
}

Result<MountAnswer> MountAttempt::decide() {
  std::optional<Deadline> away_until;
  for (;;) {
    auto session = pass_gate(std::min(deadline_, from_now(parts_.limits.coordinator_away)));
    if (!session) return fail(session.error());
    parts_.admission.leave();
    auto answer = ask(*session);
    if (answer) return answer;
    bool lost = answer.error().code == Code::conflict;
    if (!lost && !may_pass(answer.error())) return answer;
    in_doubt_ = true;
    if (lost) parts_.sessions.doubt();
    if (!away_until) away_until = std::min(deadline_, from_now(parts_.limits.coordinator_away));
    if (std::chrono::steady_clock::now() + between_tries >= *away_until) return answer;
    std::this_thread::sleep_for(between_tries);
  }
}

Result<MountAnswer> MountAttempt::ask(const std::string& session) {
  MountClaim claim;
  claim.volume = lane_->name;
  claim.mount_id = reference_;
  claim.node = parts_.identity.node;
  claim.session = session;
  claim.candidates = claimants_.candidates;
  claim.engine_silent = claimants_.engine_silent;
  auto most = std::min(parts_.limits.decision, left_until(deadline_));
  claim.wait_ms = std::max<int64_t>(most.count() - 1'000, 0);
  auto self = shared_from_this();
  return parts_.tasks.within<MountAnswer>(left_until(deadline_),
                                          [self, claim] { return self->parts_.coordinator.mount(claim); });
}

// What it says is used in paths and shown to a driver.
Status MountAttempt::check(const MountAnswer& answer) {
  const auto& id = answer.volume.id;
  bool sound = !id.empty() && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!sound || answer.volume.name != lane_->name || answer.driver.empty())
    return fail(Code::corrupt, "the coordinator answered for another volume, or with nonsense; is it of this cluster?");
  if (id == lane_->id) return {};
  replaced_ = answer.volume;
  return fail(Code::conflict, "its name was given to another volume meanwhile; try again");
}

Status MountAttempt::note_granted(const MountAnswer& answer) {
  parts_.catalog.put(answer.volume);
  Lock lock(lane_->mutex);
  auto* mount = lane_->record().find(mount_id_);
  if (!mount || mount->abandoned || mount->state != MountRecord::State::mounting)
    return fail(Code::busy, "it was unmounted while it was being mounted");
  mount->granted = true;
  mount->access = answer.access;
  mount->service = answer.service.text();
  if (const auto* attachment = answer.volume.attachment_on(parts_.identity.node))
    for (const auto& known : attachment->mounts)
      if (known.id == reference_ && !known.container.empty()) mount->container = known.container;
  for (const auto& candidate : claimants_.candidates)
    if (candidate.container == mount->container) mount->phase = candidate.phase;
  return {};
}

// In a thread of its own, since a platform may take longer than Docker waits. A caller whose time is up leaves; the
// thread undoes what it did when the driver lets go.
Result<std::string> MountAttempt::settle_in(const MountAnswer& answer) {
  auto outcome = std::make_shared<Handover<Result<std::string>>>();
  auto self = shared_from_this();
  bool started = parts_.tasks.run([self, answer, outcome] {
    auto path = self->stage_and_publish(answer);
    bool caller_gone = self->end_thread();
    if (!path && caller_gone) self->settler_.undo(self->lane_, self->mount_id_);
    outcome->put(std::move(path));
  });
  if (!started) return fail(Code::exhausted, "too much is at work on this node; try again later");
  if (auto path = outcome->take(deadline_)) return *std::move(path);
  Lock lock(lane_->mutex);
  auto* mount = lane_->record().find(mount_id_);
  if (mount && mount->state == MountRecord::State::mounted) return mount->path;
  if (mount) mount->abandoned = true;
  caller_gone_ = !thread_done_;
  return fail(Code::timeout, "the storage of pool '{}' took too long; try again, and see the log of this node",
              answer.volume.pool);
}

// True when the caller has left already.
bool MountAttempt::end_thread() {
  Lock lock(lane_->mutex);
  thread_done_ = true;
  return caller_gone_;
}

Result<std::string> MountAttempt::stage_and_publish(const MountAnswer& answer) {
  TRY(half, parts_.halves.get(answer.driver));
  if (!lane_->take_turn(deadline_)) return fail(Code::timeout, "another call for this volume takes too long");
  Turn turn(*lane_);
  TRY(staged, stage(answer, *half));
  TRY_STATUS(half->publish(staged, path(), answer.access));
  Lock lock(lane_->mutex);
  auto* mount = lane_->record().find(mount_id_);
  if (!mount || mount->abandoned || mount->state != MountRecord::State::mounting)
    return fail(Code::busy, "it was unmounted while it was being mounted");
  mount->state = MountRecord::State::mounted;
  TRY_STATUS(lane_->save());
  parts_.lanes.note_mountpoint(*lane_);
  lane_->changed.notify_all();
  log::info("mounted volume={} mount={} service={} access={} epoch={}", lane_->name, mount_id_, mount->service,
            to_string(mount->access), answer.epoch.number);
  return mount->path;
}

// With the turn: the first to come stages, all others find it done.
Result<drivers::Staged> MountAttempt::stage(const MountAnswer& answer, drivers::NodeHalf& half) {
  TRY_STATUS(leave_old_epoch(answer, half));
  drivers::StageRequest request;
  request.directory = parts_.identity.mounts + "/" + lane_->id + "/stage";
  {
    Lock lock(lane_->mutex);
    auto* mount = lane_->record().find(mount_id_);
    if (!mount || mount->abandoned) return fail(Code::timeout, "nobody waits for it any more");
    if (!lane_->staged().path.empty()) return lane_->staged();
    lane_->record().driver = answer.driver;
    lane_->record().epoch = answer.epoch;
    lane_->record().directory = request.directory;
    TRY_STATUS(lane_->save());
    request.format = std::max(answer.volume.format, lane_->format(),
                              [](const Format& a, const Format& b) { return a.state < b.state; });
  }
  TRY_STATUS(files::make_directories(request.directory, 0700));
  request.volume_id = lane_->id;
  request.context = answer.context;
  request.filesystem = answer.volume.filesystem;
  request.size = answer.volume.size;
  request.serial = answer.volume.serial;
  request.origin = answer.volume.origin;
  request.permissions = answer.volume.permissions;
  request.uid = answer.volume.uid;
  request.gid = answer.volume.gid;
  FormatGate gate(parts_, *lane_, answer.epoch);
  TRY(staged, half.stage(request, gate));
  if (staged.path.empty()) return fail(Code::internal, "driver '{}' staged it nowhere", answer.driver);
  Lock lock(lane_->mutex);
  lane_->staged() = staged;
  return staged;
}

// Staged under an epoch that is not the last but one: another node may have written meanwhile, so what this node has in
// its caches must go first. The very next epoch is this node's again (a new session), and nobody was in between.
Status MountAttempt::leave_old_epoch(const MountAnswer& answer, drivers::NodeHalf& half) {
  {
    Lock lock(lane_->mutex);
    auto& record = lane_->record();
    if (lane_->staged().path.empty() || record.epoch == answer.epoch) return {};
    if (record.epoch.incarnation == answer.epoch.incarnation && record.epoch.number + 1 == answer.epoch.number) {
      record.epoch = answer.epoch;
      return lane_->save();
    }
    for (const auto& mount : record.mounts)
      if (mount.state == MountRecord::State::mounted)
        return fail(Code::conflict,
                    "container {} on this node still has it mounted from before another node held it; stop that first",
                    mount.container.empty() ? "(unknown)" : mount.container.substr(0, 12));
  }
  TRY_STATUS(half.unstage(lane_->id, parts_.identity.mounts + "/" + lane_->id + "/stage"));
  Lock lock(lane_->mutex);
  lane_->staged() = {};
  return {};
}

tl::unexpected<Error> MountAttempt::undo(const Error& error) {
  {
    Lock lock(lane_->mutex);
    auto* mount = lane_->record().find(mount_id_);
    if (!mount || caller_gone_) return fail(error);  // or it is left to the thread
    if (!mount->granted && !in_doubt_ && recorded_nothing(error)) {
      lane_->record().erase(mount_id_);
      if (auto saved = lane_->save(); !saved)
        log::error("journal not written volume={}: {}", lane_->name, saved.error().message);
      lane_->changed.notify_all();
      return fail(error);
    }
  }
  settler_.undo(lane_, mount_id_);
  settler_.wait_gone(*lane_, mount_id_, std::min(deadline_, from_now(parts_.limits.unmount)));
  return fail(error);
}

}  // namespace polly::node
