#include "plugin/frontends/docker/create_options.h"

#include <charconv>

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

Result<std::string> parse_access(const std::string& text) {
  TRY_STATUS(parse_access_mode(text));
  return text;
}

// To the coordinator a size of 0 is one that was left out.
Result<uint64_t> parse_wanted_size(const std::string& text) {
  TRY(size, parse_size(text));
  if (size > 0) return size;
  return fail(Code::invalid, "a size of 0 holds nothing; leave it out for the class's or the default");
}

Result<std::string> any_text(const std::string& text) {
  if (text.empty()) return fail(Code::invalid, "it is empty");
  return text;
}

template <class Parse, class T>
Status take(T& into, Parse parse, const std::string& text) {
  TRY(value, parse(text));
  into = value;
  return {};
}

using Read = Status (*)(CreateVolume& to, const std::string& text);

const std::map<std::string, Read>& known() {
  using Text = const std::string&;
  static const std::map<std::string, Read> table = {
      {"size", [](CreateVolume& to, Text text) { return take(to.size, parse_wanted_size, text); }},
      {"class", [](CreateVolume& to, Text text) { return take(to.volume_class, any_text, text); }},
      {"pool", [](CreateVolume& to, Text text) { return take(to.pool, any_text, text); }},
      {"fs", [](CreateVolume& to, Text text) { return take(to.filesystem, any_text, text); }},
      {"access", [](CreateVolume& to, Text text) { return take(to.access_mode, parse_access, text); }},
      {"perm", [](CreateVolume& to, Text text) { return take(to.permissions, parse_permissions, text); }},
      {"uid", [](CreateVolume& to, Text text) { return take(to.uid, parse_id, text); }},
      {"gid", [](CreateVolume& to, Text text) { return take(to.gid, parse_id, text); }},
  };
  return table;
}

}  // namespace

Result<CreateVolume> read_create_options(const std::string& name, const Options& options) {
  CreateVolume request;
  request.name = name;
  for (const auto& [key, text] : options) {
    auto read = known().find(key);
    if (read == known().end())
      return fail(Code::invalid,
                  "cannot create volume '{}': there is no option '{}'; known are size, class, pool, fs, access, perm, "
                  "uid, gid",
                  name, key);
    if (auto done = read->second(request, text); !done)
      return fail(done.error().code, "cannot create volume '{}': option {}={}: {}", name, key, text,
                  done.error().message);
  }
  return request;
}

}  // namespace polly::node
