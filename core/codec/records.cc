#include "core/codec/records.h"

#include "core/codec/names.h"
#include "core/codec/reader.h"

namespace polly {
namespace {

template <class T>
Json list_to_json(const std::vector<T>& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push(to_json(item));
  return list;
}

template <class T, class Decode>
std::vector<T> decode_list(Reader& reader, const std::string& key, Decode decode) {
  std::vector<T> items;
  for (const auto& element : reader.array(key).as_array()) {
    auto item = decode(element);
    if (item) {
      items.push_back(*std::move(item));
    } else {
      reader.complain(key, item.error().message);
    }
  }
  return items;
}

// Must be there: a record that lost its epoch or its formatted state must not read as a new volume.
template <class T, class Decode>
T decode_member(Reader& reader, const std::string& key, Decode decode) {
  const Json& found = reader.object(key);
  if (found.is_null()) {
    if (!reader.has(key)) reader.complain(key, "is missing");
    return T{};
  }
  auto item = decode(found);
  if (item) return *std::move(item);
  reader.complain(key, item.error().message);
  return T{};
}

Json to_json(const Format& format) {
  return Json::object().set("state", to_string(format.state)).set("uuid", format.uuid);
}

Result<Format> format_from_json(const Json& json) {
  Reader reader(json, "format");
  reader.ignore_rest();
  Format format;
  format.state = format_states.read(reader, "state");
  format.uuid = reader.optional_string("uuid");
  TRY_STATUS(reader.finish());
  return format;
}

}  // namespace

std::string_view to_string(Format::State state) {
  return format_states.name(state);
}
std::string_view to_string(Volume::State state) {
  return volume_states.name(state);
}
std::string_view to_string(Attachment::State state) {
  return attachment_states.name(state);
}
std::string_view to_string(Origin origin) {
  return origins.name(origin);
}

Json to_json(const Epoch& epoch) {
  return Json::object().set("incarnation", epoch.incarnation).set("number", epoch.number);
}

Result<Epoch> epoch_from_json(const Json& json) {
  Reader reader(json, "epoch");
  reader.ignore_rest();
  Epoch epoch{reader.unsigned_integer("incarnation"), reader.unsigned_integer("number")};
  TRY_STATUS(reader.finish());
  return epoch;
}

Json to_json(const Service& service) {
  Json json = Json::object();
  json.set("scheduler", service.scheduler).set("name", service.name).set("node", service.node);
  if (!service.id.empty()) json.set("id", service.id);
  return json;
}

Result<Service> service_from_json(const Json& json) {
  Reader reader(json, "service");
  reader.ignore_rest();
  Service service{reader.string("scheduler"), reader.string("name"), reader.optional_string("node"),
                  reader.optional_string("id")};
  TRY_STATUS(reader.finish());
  return service;
}

Json to_json(const Grant& grant) {
  Json json = Json::object();
  json.set("to", grant.to.text).set("access", to_string(grant.access)).set("by", grant.by).set("given", grant.given);
  if (grant.expires != 0) json.set("expires", grant.expires);
  if (!grant.pin.empty()) json.set("pin", grant.pin);
  return json;
}

Result<Grant> grant_from_json(const Json& json) {
  Reader reader(json, "grant");
  reader.ignore_rest();
  Grant grant;
  grant.to = reader.required<ServicePattern>("to", ServicePattern::parse);
  grant.access = reader.required<Access>("access", parse_access);
  grant.by = reader.optional_string("by");
  grant.given = reader.optional_integer("given", 0);
  grant.expires = reader.optional_integer("expires", 0);
  grant.pin = reader.optional_string("pin");
  TRY_STATUS(reader.finish());
  return grant;
}

Json to_json(const Mount& mount) {
  return Json::object()
      .set("id", mount.id)
      .set("service", to_json(mount.service))
      .set("task", mount.task)
      .set("container", mount.container)
      .set("access", to_string(mount.access))
      .set("since", mount.since);
}

Result<Mount> mount_from_json(const Json& json) {
  Reader reader(json, "mount");
  reader.ignore_rest();
  Mount mount;
  mount.id = reader.string("id");
  mount.service = decode_member<Service>(reader, "service", service_from_json);
  mount.task = reader.optional_string("task");
  mount.container = reader.optional_string("container");
  mount.access = reader.required<Access>("access", parse_access);
  mount.since = reader.optional_integer("since", 0);
  TRY_STATUS(reader.finish());
  return mount;
}

Json to_json(const Attachment& attachment) {
  return Json::object()
      .set("state", to_string(attachment.state))
      .set("node", attachment.node)
      .set("session", attachment.session)
      .set("epoch", to_json(attachment.epoch))
      .set("mounts", list_to_json(attachment.mounts));
}

Result<Attachment> attachment_from_json(const Json& json) {
  Reader reader(json, "attachment");
  reader.ignore_rest();
  Attachment attachment;
  attachment.state = attachment_states.read(reader, "state");
  attachment.node = reader.string("node");
  attachment.session = reader.optional_string("session");
  attachment.epoch = decode_member<Epoch>(reader, "epoch", epoch_from_json);
  attachment.mounts = decode_list<Mount>(reader, "mounts", mount_from_json);
  TRY_STATUS(reader.finish());
  return attachment;
}

Json to_json(const Volume& volume) {
  Json json = Json::object();
  json.set("id", volume.id)
      .set("name", volume.name)
      .set("pool", volume.pool)
      .set("class", volume.volume_class)
      .set("size", volume.size)
      .set("filesystem", volume.filesystem)
      .set("access_mode", to_string(volume.access_mode))
      .set("default_access", to_string(volume.default_access))
      .set("origin", to_string(volume.origin))
      .set("permissions", volume.permissions)
      .set("uid", volume.uid)
      .set("gid", volume.gid)
      .set("state", to_string(volume.state))
      .set("platform_id", volume.platform_id)
      .set("serial", volume.serial)
      .set("format", to_json(volume.format))
      .set("epoch", to_json(volume.epoch))
      .set("grants", list_to_json(volume.grants))
      .set("attachments", list_to_json(volume.attachments))
      .set("operation", volume.operation)
      .set("created", volume.created)
      .set("created_by", volume.created_by);
  if (volume.trashed != 0)
    json.set("trashed", volume.trashed).set("trashed_by", volume.trashed_by).set("purge_after", volume.purge_after);
  return json;
}

Result<Volume> volume_from_json(const Json& json) {
  Reader reader(json, "volume");
  reader.ignore_rest();
  Volume volume;
  volume.id = reader.string("id");
  volume.name = reader.string("name");
  volume.pool = reader.string("pool");
  volume.volume_class = reader.optional_string("class");
  volume.size = reader.optional_unsigned("size", 0);
  volume.filesystem = reader.optional_string("filesystem");
  volume.access_mode = reader.required<AccessMode>("access_mode", parse_access_mode);
  volume.default_access = reader.parsed("default_access", parse_default_access, DefaultAccess::closed);
  volume.origin = origins.read(reader, "origin");
  volume.permissions = reader.optional_string("permissions");
  volume.uid = reader.optional_integer("uid", 0);
  volume.gid = reader.optional_integer("gid", 0);
  volume.state = volume_states.read(reader, "state");
  volume.platform_id = reader.optional_string("platform_id");
  volume.serial = reader.optional_string("serial");
  volume.format = decode_member<Format>(reader, "format", format_from_json);
  volume.epoch = decode_member<Epoch>(reader, "epoch", epoch_from_json);
  volume.grants = decode_list<Grant>(reader, "grants", grant_from_json);
  volume.attachments = decode_list<Attachment>(reader, "attachments", attachment_from_json);
  volume.operation = reader.optional_string("operation");
  volume.created = reader.optional_integer("created", 0);
  volume.created_by = reader.optional_string("created_by");
  volume.trashed = reader.optional_integer("trashed", 0);
  volume.trashed_by = reader.optional_string("trashed_by");
  volume.purge_after = reader.optional_integer("purge_after", 0);
  TRY_STATUS(reader.finish());
  return volume;
}

}  // namespace polly
