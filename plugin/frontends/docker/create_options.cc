#include "plugin/frontends/docker/create_options.h"

#include <charconv>
#include <functional>

#include "core/model/size.h"

namespace polly::node {
namespace {

// Every id below 2^32-1, which means "no id" to the kernel.
constexpr int64_t most_id = 4294967294;

Result<int64_t> parse_id(const std::string& text) {
  int64_t id = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0 || id > most_id)
    return fail(Code::invalid, "a number from 0 to {} was expected", most_id);
  return id;
}

Result<std::string> parse_permissions(const std::string& text) {
  bool octal = text.find_first_not_of("01234567") == std::string::npos;
  if (!octal || text.size() < 3 || text.size() > 5)
    return fail(Code::invalid, "permissions such as 0750 were expected");
  return text;
}

int64_t octal_value(const std::string& text) {
  return text.empty() ? 0755 : std::strtol(text.c_str(), nullptr, 8);
}

template <class Parse, class T>
Status take(T& into, Parse parse, const std::string& text) {
  TRY(value, parse(text));
  into = value;
  return {};
}

Result<std::string> any_text(const std::string& text) {
  if (text.empty()) return fail(Code::invalid, "it is empty");
  return text;
}

Result<std::string> access_mode(const std::string& text) {
  TRY_STATUS(parse_access_mode(text));
  return text;
}

struct Option {
  std::function<Status(CreateVolume&, const std::string& text)> read;
  std::function<bool(const Volume&, const CreateVolume& wanted)> same;
  std::function<std::string(const Volume&)> show;
};

const std::map<std::string, Option>& known() {
  using V = const Volume&;
  using W = const CreateVolume&;
  static const std::map<std::string, Option> table = {
      {"size",
       {[](CreateVolume& to, const std::string& text) { return take(to.size, parse_size, text); },
        [](V volume, W wanted) { return volume.size == wanted.size; },
        [](V volume) { return format_size(volume.size); }}},
      {"class",
       {[](CreateVolume& to, const std::string& text) { return take(to.volume_class, any_text, text); },
        [](V volume, W wanted) { return volume.volume_class == wanted.volume_class; },
        [](V volume) { return volume.volume_class; }}},
      {"pool",
       {[](CreateVolume& to, const std::string& text) { return take(to.pool, any_text, text); },
        [](V volume, W wanted) { return volume.pool == wanted.pool; }, [](V volume) { return volume.pool; }}},
      {"fs",
       {[](CreateVolume& to, const std::string& text) { return take(to.filesystem, any_text, text); },
        [](V volume, W wanted) { return volume.filesystem == wanted.filesystem; },
        [](V volume) { return volume.filesystem; }}},
      {"access",
       {[](CreateVolume& to, const std::string& text) { return take(to.access_mode, access_mode, text); },
        [](V volume, W wanted) { return to_string(volume.access_mode) == wanted.access_mode; },
        [](V volume) { return std::string(to_string(volume.access_mode)); }}},
      {"perm",
       {[](CreateVolume& to, const std::string& text) { return take(to.permissions, parse_permissions, text); },
        [](V volume, W wanted) { return octal_value(volume.permissions) == octal_value(wanted.permissions); },
        [](V volume) { return volume.permissions; }}},
      {"uid",
       {[](CreateVolume& to, const std::string& text) { return take(to.uid, parse_id, text); },
        [](V volume, W wanted) { return volume.uid == wanted.uid; },
        [](V volume) { return std::to_string(volume.uid); }}},
      {"gid",
       {[](CreateVolume& to, const std::string& text) { return take(to.gid, parse_id, text); },
        [](V volume, W wanted) { return volume.gid == wanted.gid; },
        [](V volume) { return std::to_string(volume.gid); }}},
  };
  return table;
}

}  // namespace

Result<CreateVolume> read_create_options(const std::string& name, const Options& options) {
  CreateVolume request;
  request.name = name;
  for (const auto& [key, text] : options) {
    auto option = known().find(key);
    if (option == known().end())
      return fail(Code::invalid,
                  "cannot create volume '{}': there is no option '{}'; known are size, class, pool, fs, access, perm, "
                  "uid, gid",
                  name, key);
    if (auto read = option->second.read(request, text); !read)
      return fail(read.error().code, "cannot create volume '{}': option {}={}: {}", name, key, text,
                  read.error().message);
  }
  return request;
}

std::string difference(const Volume& volume, const CreateVolume& wanted, const Options& options) {
  for (const auto& [key, text] : options) {
    auto option = known().find(key);
    if (option == known().end() || option->second.same(volume, wanted)) continue;
    auto has = option->second.show(volume);
    return fmt::format("its {} is {}, not {}", key, has.empty() ? "not set" : has, text);
  }
  return "";
}

}  // namespace polly::node
