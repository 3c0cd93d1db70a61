#include "plugin/node/mount_table.h"

#include <set>
#include <sstream>

#include "base/files.h"

namespace polly::node {
namespace {

// The kernel writes blanks, tabs, newlines and backslashes as \ooo.
std::string unescape(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::vector<std::string> mount_points_below(const std::string& directory, std::string_view mountinfo) {
  std::set<std::string> points;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point;
    fields >> id >> parent >> device >> root >> point;
    point = unescape(point);
    if (point.rfind(directory + "/", 0) == 0) points.insert(point);
  }
  return {points.begin(), points.end()};
}

Result<std::vector<std::string>> mount_points_below(const std::string& directory) {
  TRY(text, files::read("/proc/self/mountinfo", 64 * 1024 * 1024));
  return mount_points_below(directory, text);
}

}  // namespace polly::node
