#include "core/codec/claims.h"

#include "core/codec/names.h"
#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "core/model/size.h"

namespace polly {
namespace {

// More containers never start with one volume at once, and no engine gives longer names.
constexpr size_t most_candidates = 64;
constexpr size_t longest_name = 256;

Json strings_to_json(const std::vector<std::string>& strings) {
  Json list = Json::array();
  for (const auto& text : strings) list.push(text);
  return list;
}

Json to_json(const Candidate& candidate) {
  return Json::object()
      .set("container", candidate.container)
      .set("name", candidate.name)
      .set("task", candidate.task)
      .set("phase", phases.name(candidate.phase));
}

Result<Candidate> candidate_from_json(const Json& json) {
  Reader reader(json, "candidate");
  reader.ignore_rest();
  Candidate candidate;
  candidate.container = reader.string("container");
  candidate.name = reader.optional_string("name");
  candidate.task = reader.optional_string("task");
  for (const auto& [key, text] : {std::pair("container", &candidate.container), std::pair("name", &candidate.name),
                                  std::pair("task", &candidate.task)})
    if (text->size() > longest_name) reader.complain(key, fmt::format("is longer than {} characters", longest_name));
  candidate.phase = phases.read(reader, "phase");
  TRY_STATUS(reader.finish());
  return candidate;
}

Result<Inventory::Held> held_from_json(const Json& json) {
  Reader reader(json, "held volume");
  reader.ignore_rest();
  Inventory::Held held;
  held.volume_id = reader.string("volume_id");
  TRY(epoch, epoch_from_json(reader.object("epoch")));
  held.epoch = epoch;
  held.mounts = reader.optional_strings("mounts");
  held.unexplained = reader.optional_bool("unexplained", false);
  TRY_STATUS(reader.finish());
  return held;
}

}  // namespace

Json to_json(const MountClaim& claim) {
  Json candidates = Json::array();
  for (const auto& candidate : claim.candidates) candidates.push(to_json(candidate));
  return Json::object()
      .set("volume", claim.volume)
      .set("mount_id", claim.mount_id)
      .set("node", claim.node)
      .set("session", claim.session)
      .set("candidates", candidates)
      .set("engine_silent", claim.engine_silent)
      .set("wait_ms", claim.wait_ms);
}

Result<MountClaim> mount_claim_from_json(const Json& json) {
  Reader reader(json, "mount claim");
  reader.ignore_rest();
  MountClaim claim;
  claim.volume = reader.string("volume");
  claim.mount_id = reader.string("mount_id");
  claim.node = reader.string("node");
  claim.session = reader.string("session");
  const auto& candidates = reader.array("candidates").as_array();
  if (candidates.size() > most_candidates)
    return fail(Code::invalid, "mount claim: at most {} candidates were expected, found {}", most_candidates,
                candidates.size());
  for (const auto& element : candidates) {
    TRY(candidate, candidate_from_json(element));
    claim.candidates.push_back(candidate);
  }
  claim.engine_silent = reader.optional_bool("engine_silent", false);
  claim.wait_ms = reader.optional_integer("wait_ms", 0);
  TRY_STATUS(reader.finish());
  return claim;
}

Json to_json(const MountAnswer& answer) {
  return Json::object()
      .set("volume", to_json(answer.volume))
      .set("driver", answer.driver)
      .set("epoch", to_json(answer.epoch))
      .set("access", to_string(answer.access))
      .set("service", to_json(answer.service))
      .set("context", answer.context);
}

Result<MountAnswer> mount_answer_from_json(const Json& json) {
  Reader reader(json, "mount answer");
  reader.ignore_rest();
  MountAnswer answer;
  TRY(volume, volume_from_json(reader.object("volume")));
  TRY(epoch, epoch_from_json(reader.object("epoch")));
  TRY(service, service_from_json(reader.object("service")));
  answer.volume = std::move(volume);
  answer.epoch = epoch;
  answer.service = std::move(service);
  answer.driver = reader.string("driver");
  answer.access = reader.required<Access>("access", parse_access);
  answer.context = reader.value("context");
  TRY_STATUS(reader.finish());
  return answer;
}

Json to_json(const Release& release) {
  return Json::object()
      .set("volume_id", release.volume_id)
      .set("mount_id", release.mount_id)
      .set("node", release.node)
      .set("session", release.session);
}

Result<Release> release_from_json(const Json& json) {
  Reader reader(json, "release");
  reader.ignore_rest();
  Release release{reader.string("volume_id"), reader.string("mount_id"), reader.string("node"),
                  reader.optional_string("session")};
  TRY_STATUS(reader.finish());
  return release;
}

Json to_json(const FormatStep& step) {
  return Json::object()
      .set("volume_id", step.volume_id)
      .set("node", step.node)
      .set("session", step.session)
      .set("epoch", to_json(step.epoch))
      .set("uuid", step.uuid)
      .set("step", format_steps.name(step.step));
}

Result<FormatStep> format_step_from_json(const Json& json) {
  Reader reader(json, "format step");
  reader.ignore_rest();
  FormatStep step;
  step.volume_id = reader.string("volume_id");
  step.node = reader.string("node");
  step.session = reader.string("session");
  TRY(epoch, epoch_from_json(reader.object("epoch")));
  step.epoch = epoch;
  step.uuid = reader.string("uuid");
  step.step = format_steps.read(reader, "step");
  TRY_STATUS(reader.finish());
  return step;
}

Json to_json(const CreateVolume& request) {
  return Json::object()
      .set("name", request.name)
      .set("size", request.size)
      .set("class", request.volume_class)
      .set("pool", request.pool)
      .set("filesystem", request.filesystem)
      .set("access_mode", request.access_mode)
      .set("permissions", request.permissions)
      .set("uid", request.uid)
      .set("gid", request.gid)
      .set("node", request.node)
      .set("by", request.by);
}

Result<CreateVolume> create_volume_from_json(const Json& json) {
  Reader reader(json, "cannot create a volume");
  CreateVolume request;
  request.name = reader.string("name");
  request.size = reader.parsed("size", parse_size, uint64_t{0});
  request.volume_class = reader.optional_string("class");
  request.pool = reader.optional_string("pool");
  request.filesystem = reader.optional_string("filesystem");
  request.access_mode = reader.optional_string("access_mode");
  request.permissions = reader.optional_string("permissions");
  request.uid = reader.optional_integer("uid", 0);
  request.gid = reader.optional_integer("gid", 0);
  request.node = reader.optional_string("node");
  request.by = reader.optional_string("by");
  TRY_STATUS(reader.finish());
  return request;
}

Json to_json(const Inventory& inventory) {
  Json held = Json::array();
  for (const auto& volume : inventory.held)
    held.push(Json::object()
                  .set("volume_id", volume.volume_id)
                  .set("epoch", to_json(volume.epoch))
                  .set("mounts", strings_to_json(volume.mounts))
                  .set("unexplained", volume.unexplained));
  return Json::object()
      .set("node", inventory.node)
      .set("session", inventory.session)
      .set("taken", inventory.taken)
      .set("held", held);
}

Result<Inventory> inventory_from_json(const Json& json) {
  Reader reader(json, "inventory");
  reader.ignore_rest();
  Inventory inventory;
  inventory.node = reader.string("node");
  inventory.session = reader.string("session");
  inventory.taken = reader.optional_integer("taken", 0);
  for (const auto& element : reader.array("held").as_array()) {
    TRY(held, held_from_json(element));
    inventory.held.push_back(held);
  }
  TRY_STATUS(reader.finish());
  return inventory;
}

Json to_json(const InventoryAnswer& answer) {
  return Json::object()
      .set("unknown_mounts", strings_to_json(answer.unknown_mounts))
      .set("released_mounts", strings_to_json(answer.released_mounts));
}

Result<InventoryAnswer> inventory_answer_from_json(const Json& json) {
  Reader reader(json, "inventory answer");
  reader.ignore_rest();
  InventoryAnswer answer{reader.optional_strings("unknown_mounts"), reader.optional_strings("released_mounts")};
  TRY_STATUS(reader.finish());
  return answer;
}

}  // namespace polly
