#include "core/codec/settings.h"

#include "core/codec/reader.h"
#include "core/model/name.h"
#include "core/model/size.h"

namespace polly {
namespace {

// Driver settings are the pool's keys that the pool itself has no use for.
PoolSettings read_pool(Reader& pools, const std::string& name) {
  PoolSettings pool{name, "", std::nullopt, Json::object()};
  if (auto good = check_name("pool", name); !good) pools.complain(name, good.error().message);
  for (const auto& [key, value] : pools.object(name).as_object())
    if (key != "driver" && key != "capacity") pool.driver_settings.set(key, value);
  Reader reader(pools, name);
  pool.driver = reader.string("driver");
  pool.capacity = reader.optional_parsed<uint64_t>("capacity", parse_size);
  reader.ignore_rest();
  return pool;
}

ClassSettings read_class(Reader& classes, const std::string& name) {
  ClassSettings result;
  result.name = name;
  if (auto good = check_name("class", name); !good) classes.complain(name, good.error().message);
  Reader reader(classes, name);
  result.pools = reader.optional_strings("pools");
  result.filesystem = reader.optional_string("fs");
  result.access_mode = reader.optional_parsed<AccessMode>("access_mode", parse_access_mode);
  result.access = reader.optional_parsed<DefaultAccess>("access", parse_default_access);
  result.default_size = reader.optional_parsed<uint64_t>("default_size", parse_size);
  result.max_size = reader.optional_parsed<uint64_t>("max_size", parse_size);
  result.trash_retention = reader.optional_parsed<std::chrono::milliseconds>("trash_retention", parse_duration);
  (void)reader.finish();
  return result;
}

SchedulerSettings read_scheduler(Reader& schedulers, const std::string& name) {
  Reader reader(schedulers, name);
  SchedulerSettings scheduler{name, reader.string("driver"), reader.optional_strings("managers")};
  (void)reader.finish();
  return scheduler;
}

// Reads each member of an object with `read`, in the order of their names.
template <class T, class Read>
std::vector<T> read_members(Reader& parent, const std::string& key, Read read) {
  std::vector<T> members;
  const Json& object = parent.object(key);
  if (object.is_null()) return members;
  Reader reader(parent, key);
  for (const auto& [name, value] : object.as_object()) members.push_back(read(reader, name));
  return members;
}

CoordinatorSettings read_coordinator(Reader& parent) {
  CoordinatorSettings s;
  Reader reader(parent, "coordinator");
  s.cluster = reader.optional_string("cluster", s.cluster);
  if (auto good = check_name("cluster", s.cluster); !good) reader.complain("cluster", good.error().message);
  s.state = reader.optional_string("state", s.state);
  s.listen = reader.optional_string("listen", s.listen);
  s.socket = reader.optional_string("socket", s.socket);
  s.join_secret_file = reader.optional_string("join_secret_file", s.join_secret_file);
  s.default_access = reader.parsed("default_access", parse_default_access, s.default_access);
  s.default_size = reader.parsed("default_size", parse_size, s.default_size);
  s.trash_retention = reader.parsed("trash_retention", parse_duration, s.trash_retention);
  s.session_ttl = reader.parsed("session_ttl", parse_duration, s.session_ttl);
  s.pools = read_members<PoolSettings>(reader, "pools", read_pool);
  s.classes = read_members<ClassSettings>(reader, "classes", read_class);
  s.schedulers = read_members<SchedulerSettings>(reader, "schedulers", read_scheduler);
  (void)reader.finish();
  return s;
}

NodeSettings read_node(Reader& parent) {
  NodeSettings s;
  Reader reader(parent, "node");
  s.name = reader.optional_string("name", s.name);
  s.coordinators = reader.optional_strings("coordinators", s.coordinators);
  s.join_secret_file = reader.optional_string("join_secret_file", s.join_secret_file);
  s.engine = reader.optional_string("engine", s.engine);
  s.plugin_socket = reader.optional_string("plugin_socket", s.plugin_socket);
  s.guard_socket = reader.optional_string("guard_socket", s.guard_socket);
  s.state = reader.optional_string("state", s.state);
  s.mounts = reader.optional_string("mounts", s.mounts);
  s.run = reader.optional_string("run", s.run);
  s.log_level = reader.optional_string("log_level", s.log_level);
  (void)reader.finish();
  return s;
}

Status check_references(const CoordinatorSettings& s) {
  for (const auto& c : s.classes)
    for (const auto& name : c.pools) {
      bool known = false;
      for (const auto& pool : s.pools) known = known || pool.name == name;
      if (!known) return fail(Code::invalid, "coordinator.classes.{}.pools: no pool is named '{}'", c.name, name);
    }
  return {};
}

}  // namespace

Result<Settings> settings_from_json(const Json& value, const Reader::Lines& lines) {
  Settings settings;
  Reader reader(value, "configuration", &lines);
  if (reader.object("coordinator").is_object()) settings.coordinator = read_coordinator(reader);
  if (reader.object("node").is_object()) settings.node = read_node(reader);
  TRY_STATUS(reader.finish());
  if (settings.coordinator) TRY_STATUS(check_references(*settings.coordinator));
  return settings;
}

}  // namespace polly
