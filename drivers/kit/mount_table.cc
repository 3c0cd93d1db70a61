// One line of mountinfo:
//
//     id parent major:minor root point options [optional fields ..] - type source super-options
//
// Fields are separated by one blank; blank, tab, newline and backslash inside a field stand as \ooo (octal).
#include "drivers/kit/mount_table.h"

#include <sys/sysmacros.h>

#include <charconv>
#include <climits>
#include <cstdlib>
#include <set>

#include "base/files.h"
#include "base/system.h"

namespace polly::drivers::kit {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

std::string unescape(std::string_view field) {
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size() && is_octal(field[i + 1]) && is_octal(field[i + 2]) &&
        is_octal(field[i + 3])) {
      text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <class Number>
bool number(std::string_view text, Number& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool has_option(std::string_view options, std::string_view wanted) {
  for (auto option : split(options, ','))
    if (option == wanted) return true;
  return false;
}

bool parse_line(std::string_view line, MountEntry& entry) {
  auto fields = split(line, ' ');
  size_t dash = 6;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 3 > fields.size() - 1) return false;
  auto device = split(fields[2], ':');
  unsigned major_number = 0;
  unsigned minor_number = 0;
  if (device.size() != 2 || !number(fields[0], entry.id) || !number(fields[1], entry.parent) ||
      !number(device[0], major_number) || !number(device[1], minor_number))
    return false;
  entry.device = makedev(major_number, minor_number);
  entry.root = unescape(fields[3]);
  entry.point = unescape(fields[4]);
  entry.read_only = has_option(fields[5], "ro");
  entry.type = unescape(fields[dash + 1]);
  entry.source = unescape(fields[dash + 2]);
  return true;
}

}  // namespace

Result<MountTable> MountTable::read() {
  // Not /proc/self: that is the first thread's, which may live in another namespace than the one mount(2) acts on.
  TRY(text, files::read("/proc/thread-self/mountinfo", 64 * 1024 * 1024));
  return parse(text);
}

Result<MountTable> MountTable::parse(std::string_view text) {
  MountTable table;
  for (auto line : split(text, '\n')) {
    if (line.empty()) continue;
    MountEntry entry;
    if (!parse_line(line, entry))
      return fail(Code::corrupt, "cannot read the mount table: line '{}' is not in the format of mountinfo", line);
    table.entries_.push_back(std::move(entry));
  }
  return table;
}

std::vector<std::string> MountTable::below(std::string_view directory) const {
  std::set<std::string> points;
  for (const auto& entry : entries_)
    if (entry.point.size() > directory.size() + 1 && entry.point.starts_with(directory) &&
        entry.point[directory.size()] == '/')
      points.insert(entry.point);
  return {points.begin(), points.end()};
}

const MountEntry* MountTable::at(std::string_view point) const {
  const MountEntry* found = nullptr;
  for (const auto& entry : entries_)
    if (entry.point == point) found = &entry;  // a later line lies over an earlier one
  return found;
}

Result<std::string> canonical_path(const std::string& path) {
  size_t slash = path.rfind('/');
  if (path.empty() || path[0] != '/' || slash + 1 == path.size())
    return fail(Code::invalid, "cannot use '{}': the path must start with a '/' and not end in one", path);
  std::string parent = slash == 0 ? "/" : path.substr(0, slash);
  char resolved[PATH_MAX];
  if (::realpath(parent.c_str(), resolved) == nullptr) {
    int error = errno;
    return fail(error == ENOENT || error == ENOTDIR ? Code::not_found : Code::unavailable, "cannot resolve '{}': {}",
                parent, errno_text(error));
  }
  std::string_view base = resolved;
  return std::string(base == "/" ? "" : base) + path.substr(slash);
}

}  // namespace polly::drivers::kit
