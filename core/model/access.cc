#include "core/model/access.h"

#include <array>
#include <utility>

namespace polly {
namespace {

constexpr std::array<std::pair<AccessMode, std::string_view>, 5> modes = {{
    {AccessMode::one_mount, "one-mount"},
    {AccessMode::one_node, "one-node"},
    {AccessMode::one_writer_many_readers, "one-writer-many-readers"},
    {AccessMode::many_readers, "many-readers"},
    {AccessMode::many_writers, "many-writers"},
}};

}  // namespace

std::string_view to_string(AccessMode mode) {
  for (const auto& [known, name] : modes)
    if (known == mode) return name;
  return "";
}

std::string_view to_string(Access access) {
  return access == Access::read_only ? "ro" : "rw";
}

std::string_view to_string(DefaultAccess access) {
  return access == DefaultAccess::open ? "open" : "closed";
}

Result<AccessMode> parse_access_mode(std::string_view text) {
  for (const auto& [mode, name] : modes)
    if (name == text) return mode;
  return fail(Code::invalid,
              "'{}' is no access mode; use one-mount, one-node, one-writer-many-readers, many-readers or many-writers",
              text);
}

Result<Access> parse_access(std::string_view text) {
  if (text == "rw") return Access::read_write;
  if (text == "ro") return Access::read_only;
  return fail(Code::invalid, "'{}' is no access; use rw or ro", text);
}

Result<DefaultAccess> parse_default_access(std::string_view text) {
  if (text == "closed") return DefaultAccess::closed;
  if (text == "open") return DefaultAccess::open;
  return fail(Code::invalid, "'{}' is no default access; use closed or open", text);
}

}  // namespace polly
