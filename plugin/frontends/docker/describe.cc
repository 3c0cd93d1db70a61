#include "plugin/frontends/docker/describe.h"

#include "base/clock.h"
#include "core/model/size.h"

namespace polly::node {
namespace {

// "node1 (swarm/writer, swarm/reader ro)"
std::string holder(const Attachment& attachment) {
  std::string services;
  for (const auto& mount : attachment.mounts) {
    if (!services.empty()) services += ", ";
    services += mount.service.text();
    if (mount.access == Access::read_only) services += " ro";
  }
  return services.empty() ? attachment.node : attachment.node + " (" + services + ")";
}

Json status(const Volume& volume, const std::optional<drivers::Usage>& usage) {
  Json holders = Json::array();
  for (const auto& attachment : volume.attachments) holders.push(holder(attachment));
  Json grants = Json::array();
  for (const auto& grant : volume.grants) grants.push(grant.to.text + " " + std::string(to_string(grant.access)));
  Json json;
  json.set("id", volume.id)
      .set("pool", volume.pool)
      .set("class", volume.volume_class)
      .set("fs", volume.filesystem)
      .set("size", volume.size > 0 ? Json(format_size(volume.size)) : Json())
      .set("used", usage ? Json(format_size(usage->used)) : Json())
      .set("access", to_string(volume.access_mode))
      .set("default_access", to_string(volume.default_access))
      .set("epoch", volume.epoch.number)
      .set("holder", std::move(holders))
      .set("grants", std::move(grants));
  return json;
}

}  // namespace

std::string describe(const Volume& volume, const std::string& mountpoint, const std::optional<drivers::Usage>& usage) {
  Json described;
  described.set("Name", volume.name)
      .set("Mountpoint", mountpoint)
      .set("CreatedAt", iso8601(std::chrono::milliseconds(volume.created)))
      .set("Status", status(volume, usage));
  return Json::object().set("Volume", std::move(described)).set("Err", "").dump();
}

std::shared_ptr<const std::string> VolumeList::render(const Volumes& volumes) {
  Lock lock(mutex_);
  auto generation = volumes.generation();  // before the content: what changes in between is rendered again next time
  if (text_ && generation == generation_) return text_;
  Json list = Json::array();
  for (const auto& volume : volumes.all()) {
    Json entry;
    entry.set("Name", volume->name).set("CreatedAt", iso8601(std::chrono::milliseconds(volume->created)));
    list.push(std::move(entry));
  }
  text_ = std::make_shared<const std::string>(Json::object().set("Volumes", std::move(list)).set("Err", "").dump());
  generation_ = generation;
  return text_;
}

}  // namespace polly::node
