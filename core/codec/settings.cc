#include "core/codec/settings.h"

#include <algorithm>

#include "core/codec/reader.h"
#include "core/model/name.h"
#include "core/model/size.h"

namespace polly {
namespace {

using std::chrono::milliseconds;

// A name that must be good where one is given.
void check_named(Reader& reader, const std::string& key, std::string_view what, const std::string& name) {
  if (auto good = check_name(what, name); !good) reader.complain(key, good.error().message);
}

std::string read_path(Reader& reader, const std::string& key, const std::string& fallback) {
  auto path = reader.optional_string(key, fallback);
  if (!path.starts_with('/')) reader.complain(key, fmt::format("'{}' is no absolute path; begin it with /", path));
  return path;
}

// Driver settings are the pool's keys that the pool itself has no use for.
PoolSettings read_pool(Reader& pools, const std::string& name) {
  PoolSettings pool{name, "", std::nullopt, Json::object()};
  check_named(pools, name, "pool", name);
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
  check_named(classes, name, "class", name);
  Reader reader(classes, name);
  result.pools = reader.optional_strings("pools");
  result.filesystem = reader.optional_string("fs");
  result.access_mode = reader.optional_parsed<AccessMode>("access_mode", parse_access_mode);
  result.access = reader.optional_parsed<DefaultAccess>("access", parse_default_access);
  result.default_size = reader.optional_parsed<uint64_t>("default_size", parse_size);
  result.max_size = reader.optional_parsed<uint64_t>("max_size", parse_size);
  result.trash_retention = reader.optional_parsed<milliseconds>("trash_retention", parse_duration);
  if (result.default_size && result.max_size && *result.default_size > *result.max_size)
    reader.complain("default_size", "is larger than max_size");
  (void)reader.finish();
  return result;
}

SchedulerSettings read_scheduler(Reader& schedulers, const std::string& name) {
  check_named(schedulers, name, "scheduler", name);
  Reader reader(schedulers, name);
  SchedulerSettings scheduler{name, reader.string("driver"), reader.optional_strings("managers")};
  (void)reader.finish();
  return scheduler;
}

Result<std::string> parse_log_level(std::string_view text) {
  for (auto level : {"debug", "info", "warn", "error"})
    if (text == level) return std::string(text);
  return fail(Code::invalid, "'{}' is no log level; use debug, info, warn or error", text);
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

// That each pool of a class is there.
void check_references(Reader& reader, const CoordinatorSettings& s) {
  for (const auto& c : s.classes)
    for (const auto& name : c.pools) {
      bool known = std::any_of(s.pools.begin(), s.pools.end(), [&](const auto& pool) { return pool.name == name; });
      if (!known) reader.complain(fmt::format("classes.{}.pools", c.name), fmt::format("no pool is named '{}'", name));
    }
}

CoordinatorSettings read_coordinator(Reader& parent) {
  CoordinatorSettings s;
  Reader reader(parent, "coordinator");
  s.cluster = reader.optional_string("cluster", s.cluster);
  check_named(reader, "cluster", "cluster", s.cluster);
  s.state = read_path(reader, "state", s.state);
  s.listen = reader.optional_string("listen", s.listen);
  s.socket = read_path(reader, "socket", s.socket);
  s.default_access = reader.parsed("default_access", parse_default_access, s.default_access);
  s.default_size = reader.parsed("default_size", parse_size, s.default_size);
  s.trash_retention = reader.parsed("trash_retention", parse_duration, s.trash_retention);
  s.session_ttl = reader.parsed("session_ttl", parse_duration, s.session_ttl);
  // Shorter, and a breath of the network ends every session; longer, and no failover comes before people do.
  if (s.session_ttl < milliseconds(1'000) || s.session_ttl > milliseconds(600'000))
    reader.complain("session_ttl", "expected a time from 1s to 10m");
  s.pools = read_members<PoolSettings>(reader, "pools", read_pool);
  s.classes = read_members<ClassSettings>(reader, "classes", read_class);
  s.schedulers = read_members<SchedulerSettings>(reader, "schedulers", read_scheduler);
  s.log_level = reader.parsed("log_level", parse_log_level, s.log_level);
  check_references(reader, s);
  (void)reader.finish();
  return s;
}

NodeSettings read_node(Reader& parent) {
  NodeSettings s;
  Reader reader(parent, "node");
  s.name = reader.optional_string("name", s.name);
  if (!s.name.empty()) check_named(reader, "name", "node", s.name);
  s.coordinators = reader.optional_strings("coordinators", s.coordinators);
  if (s.coordinators.empty()) reader.complain("coordinators", "expected at least one address");
  s.engine = reader.optional_string("engine", s.engine);
  s.plugin_socket = read_path(reader, "plugin_socket", s.plugin_socket);
  s.guard_socket = read_path(reader, "guard_socket", s.guard_socket);
  s.state = read_path(reader, "state", s.state);
  s.mounts = read_path(reader, "mounts", s.mounts);
  s.run = read_path(reader, "run", s.run);
  s.log_level = reader.parsed("log_level", parse_log_level, s.log_level);
  (void)reader.finish();
  return s;
}

}  // namespace

// A role whose section is there without a value takes all defaults; without its section the machine has not that role.
Result<Settings> settings_from_json(const Json& value, const Reader::Lines& lines) {
  Settings settings;
  if (value.is_null()) return settings;  // an empty file
  Reader reader(value, "configuration", &lines);
  reader.object("coordinator");
  reader.object("node");
  if (value.has("coordinator")) settings.coordinator = read_coordinator(reader);
  if (value.has("node")) settings.node = read_node(reader);
  TRY_STATUS(reader.finish());
  return settings;
}

}  // namespace polly
