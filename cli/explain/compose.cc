#include "cli/explain/compose.h"

#include <algorithm>

#include "base/yaml.h"
#include "core/codec/reader.h"

namespace polly::cli {
namespace {

// One of the file's top-level `volumes`.
struct Definition {
  std::string name;  // the engine's
  std::string driver;
  std::string volume_class;
  bool external = false;
};

class Compose {
 public:
  Compose(const yaml::Document& document, const std::string& stack)
      : document_(document), prefix_(stack.empty() ? "" : stack + "_") {}

  Result<std::vector<StackMount>> mounts() {
    if (!document_.value.is_object() || !document_.value["services"].is_object())
      return fail(Code::invalid, "{}: expected the services of a stack", place("services"));
    TRY_STATUS(read_volumes());
    for (const auto& [name, service] : document_.value["services"].as_object())
      TRY_STATUS(read_service("services." + name, prefix_ + name, service));
    std::ranges::stable_sort(mounts_, {}, &StackMount::line);
    return std::move(mounts_);
  }

 private:
  int line_of(const std::string& path) const {
    auto found = document_.lines.find(path);
    return found == document_.lines.end() ? 1 : found->second;
  }
  std::string place(const std::string& path) const { return fmt::format("line {}: {}", line_of(path), path); }

  // Left to who deploys: what its environment would put there is not known here.
  Status check_plain(const std::string& path, const std::string& text) const {
    if (text.find('$') == std::string::npos) return {};
    return fail(Code::unsupported,
                "{}: '{}' is not expanded here; write it out, or give the output of `docker-compose config`",
                place(path), text);
  }

  Status read_volumes() {
    const auto& volumes = document_.value["volumes"];
    if (!volumes.is_null() && !volumes.is_object())
      return fail(Code::invalid, "{}: expected a map of volumes, found {}", place("volumes"), volumes.type_name());
    for (const auto& [key, volume] : volumes.as_object()) {
      const auto path = "volumes." + key;
      if (!volume.is_null() && !volume.is_object())
        return fail(Code::invalid, "{}: expected a map, found {}", place(path), volume.type_name());
      Reader reader(volume.is_null() ? nothing_ : volume, "", &document_.lines);
      reader.ignore_rest();
      Definition definition;
      const auto& external = volume["external"];
      definition.external = external.is_object() || external.as_bool();
      auto own_name = external.is_object() && !external["name"].is_null() ? external["name"].as_string()
                                                                          : reader.optional_string("name");
      definition.name = !own_name.empty() ? own_name : (definition.external ? "" : prefix_) + key;
      definition.driver = reader.optional_string("driver");
      definition.volume_class = volume["driver_opts"]["class"].as_string();
      if (auto read = reader.finish(); !read) return fail(Code::invalid, "{}{}", place(path), read.error().message);
      TRY_STATUS(check_plain(path, definition.name));
      volumes_[key] = std::move(definition);
    }
    return {};
  }

  Status read_service(const std::string& path, const std::string& name, const Json& service) {
    if (!service.is_object())
      return fail(Code::invalid, "{}: expected a map, found {}", place(path), service.type_name());
    const auto& list = service["volumes"];
    if (!list.is_null() && !list.is_array())
      return fail(Code::invalid, "{}: expected a list, found {}", place(path + ".volumes"), list.type_name());
    for (size_t i = 0; i < list.as_array().size(); ++i) {
      const auto& entry = list.as_array()[i];
      const auto entry_path = fmt::format("{}.volumes[{}]", path, i);
      StackMount mount;
      mount.service = name;
      mount.line = line_of(entry_path);
      if (entry.is_string()) {
        TRY_STATUS(read_short(entry_path, entry.as_string(), mount));
      } else if (entry.is_object()) {
        TRY_STATUS(read_long(entry_path, entry, mount));
      } else {
        return fail(Code::invalid, "{}: expected VOLUME:/PATH or a map, found {}", place(entry_path),
                    entry.type_name());
      }
    }
    return {};
  }

  // "data:/var/lib/data:ro"; what begins with one of . / ~ is a path of the node's.
  Status read_short(const std::string& path, const std::string& text, StackMount& mount) {
    auto colon = text.find(':');
    if (colon == std::string::npos || text.find_first_of("./~") == 0) return {};  // no name: nobody can share it
    auto key = text.substr(0, colon);
    auto rest = text.substr(colon + 1);
    auto options = rest.find(':');
    mount.target = rest.substr(0, options);
    if (key.empty() || mount.target.empty())
      return fail(Code::invalid, "{}: '{}' is no mount; write VOLUME:/PATH", place(path), text);
    auto words = options == std::string::npos ? "" : "," + rest.substr(options + 1) + ",";
    mount.read_only = words.find(",ro,") != std::string::npos;
    return add(path, key, mount);
  }

  Status read_long(const std::string& path, const Json& entry, StackMount& mount) {
    const auto& type = entry["type"];
    if (!type.is_string())
      return fail(Code::invalid, "{}: 'type' is missing; write volume, bind or tmpfs", place(path));
    if (type.as_string() != "volume" || entry["source"].is_null()) return {};
    for (const char* key : {"source", "target"})
      if (!entry[key].is_string() || entry[key].as_string().empty())
        return fail(Code::invalid, "{}: '{}' is missing or no text", place(path), key);
    mount.target = entry["target"].as_string();
    mount.read_only = entry["read_only"].as_bool();
    return add(path, entry["source"].as_string(), mount);
  }

  Status add(const std::string& path, const std::string& key, StackMount& mount) {
    TRY_STATUS(check_plain(path, key));
    auto volume = volumes_.find(key);
    if (volume == volumes_.end())
      return fail(Code::invalid, "{}: volume '{}' does not stand under the file's 'volumes'", place(path), key);
    mount.volume = volume->second.name;
    mount.driver = volume->second.driver;
    mount.volume_class = volume->second.volume_class;
    mount.external = volume->second.external;
    mounts_.push_back(mount);
    return {};
  }

  const yaml::Document& document_;
  const std::string prefix_;
  const Json nothing_ = Json::object();
  std::map<std::string, Definition> volumes_;
  std::vector<StackMount> mounts_;
};

}  // namespace

Result<std::vector<StackMount>> mounts_in_compose(const std::string& text, const std::string& stack) {
  TRY(document, yaml::parse(text));
  return Compose(document, stack).mounts();
}

}  // namespace polly::cli
