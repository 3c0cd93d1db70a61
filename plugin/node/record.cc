#include "plugin/node/record.h"

#include <algorithm>

#include "core/codec/records.h"

namespace polly::node {
namespace {

Json mount_json(const MountRecord& mount) {
  Json json;
  json.set("id", mount.id)
      .set("reference", mount.reference)
      .set("state", to_string(mount.state))
      .set("path", mount.path)
      .set("access", polly::to_string(mount.access))
      .set("service", mount.service)
      .set("container", mount.container)
      .set("at", mount.at)
      .set("count", mount.count);
  if (mount.phase) json.set("phase", *mount.phase == Candidate::Phase::start ? "start" : "copy-up");
  return json;
}

Result<MountRecord::State> parse_state(const std::string& text) {
  for (auto state : {MountRecord::State::mounting, MountRecord::State::mounted, MountRecord::State::unmounting})
    if (to_string(state) == text) return state;
  return fail(Code::corrupt, "'{}' is no state of a mount", text);
}

Result<MountRecord> read_mount(const Json& json) {
  MountRecord mount;
  mount.id = json["id"].as_string();
  if (mount.id.empty()) return fail(Code::corrupt, "a mount without an id");
  mount.reference = json["reference"].as_string();
  if (mount.reference.empty()) mount.reference = mount.id;
  TRY(state, parse_state(json["state"].as_string()));
  TRY(access, parse_access(json["access"].as_string()));
  mount.state = state;
  mount.access = access;
  mount.path = json["path"].as_string();
  mount.service = json["service"].as_string();
  mount.container = json["container"].as_string();
  mount.at = json["at"].as_int();
  mount.count = std::max<int64_t>(json["count"].as_int(1), 1);
  mount.granted = state == MountRecord::State::mounted;
  if (auto phase = json["phase"].as_string(); !phase.empty())
    mount.phase = phase == "start" ? Candidate::Phase::start : Candidate::Phase::copy_up;
  return mount;
}

}  // namespace

std::string_view to_string(MountRecord::State state) {
  switch (state) {
    case MountRecord::State::mounting:
      return "mounting";
    case MountRecord::State::mounted:
      return "mounted";
    case MountRecord::State::unmounting:
      return "unmounting";
  }
  return "";
}

MountRecord* VolumeRecord::find(const std::string& mount_id) {
  auto found = std::ranges::find(mounts, mount_id, &MountRecord::id);
  return found == mounts.end() ? nullptr : &*found;
}

void VolumeRecord::erase(const std::string& mount_id) {
  std::erase_if(mounts, [&](const MountRecord& mount) { return mount.id == mount_id; });
}

bool VolumeRecord::owes(const std::string& reference) const {
  return std::ranges::find(releases, reference) != releases.end();
}

bool VolumeRecord::has_live() const {
  return std::ranges::any_of(mounts, [](const MountRecord& mount) {
    return mount.state != MountRecord::State::unmounting && mount.granted && !mount.abandoned;
  });
}

Json to_json(const VolumeRecord& record) {
  Json mounts = Json::array();
  for (const auto& mount : record.mounts) mounts.push(mount_json(mount));
  Json releases = Json::array();
  for (const auto& reference : record.releases) releases.push(reference);
  Json json;
  json.set("version", 1)
      .set("id", record.id)
      .set("name", record.name)
      .set("driver", record.driver)
      .set("boot", record.boot)
      .set("epoch", polly::to_json(record.epoch))
      .set("directory", record.directory)
      .set("mounts", std::move(mounts))
      .set("releases", std::move(releases));
  return json;
}

Result<VolumeRecord> volume_record_from_json(const Json& json) {
  VolumeRecord record;
  if (json["version"].as_int() != 1) return fail(Code::corrupt, "a journal of version 1 was expected");
  record.id = json["id"].as_string();
  record.name = json["name"].as_string();
  if (record.id.empty() || record.name.empty()) return fail(Code::corrupt, "it names no volume");
  record.driver = json["driver"].as_string();
  record.boot = json["boot"].as_string();
  TRY(epoch, epoch_from_json(json["epoch"]));
  record.epoch = epoch;
  record.directory = json["directory"].as_string();
  for (const auto& entry : json["mounts"].as_array()) {
    TRY(mount, read_mount(entry));
    record.mounts.push_back(std::move(mount));
  }
  for (const auto& entry : json["releases"].as_array()) record.releases.push_back(entry.as_string());
  return record;
}

}  // namespace polly::node
