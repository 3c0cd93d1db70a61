#include "drivers/kit/top_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>

#include "base/files.h"
#include "base/system.h"

namespace polly::drivers::kit {
namespace {

tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
  int error = errno;
  return fail(errno_code(error), "cannot {} '{}': {}", what, path, errno_text(error));
}

}  // namespace

Result<mode_t> parse_permissions(const std::string& text) {
  if (text.empty()) return mode_t{0755};
  unsigned mode = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error == std::errc() && end == text.data() + text.size() && mode <= 07777) return static_cast<mode_t>(mode);
  return fail(Code::invalid, "cannot use permissions '{}': write them in octal, such as 0750", text);
}

Status check_owner(const StageRequest& request) {
  TRY_STATUS(parse_permissions(request.permissions));
  auto valid = [](int64_t id) { return id >= 0 && id < UINT32_MAX; };
  if (valid(request.uid) && valid(request.gid)) return {};
  return fail(Code::invalid, "cannot give volume '{}' to user {} and group {}: ids lie between 0 and 4294967294",
              request.volume_id, request.uid, request.gid);
}

Status set_owner(const std::string& path, const StageRequest& request) {
  TRY_STATUS(check_owner(request));
  TRY(mode, parse_permissions(request.permissions));
  if (::lchown(path.c_str(), static_cast<uid_t>(request.uid), static_cast<gid_t>(request.gid)) != 0)
    return failed("change the owner of", path);
  if (::chmod(path.c_str(), mode) != 0) return failed("change the permissions of", path);  // after: chown drops setgid
  return {};
}

// A crash leaves `.data-new` without anything in it, which the next call uses.
Status make_top_directory(const std::string& place, const StageRequest& request) {
  std::string data = place + "/data";
  struct stat status {};
  if (::lstat(data.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail(Code::corrupt, "cannot use volume '{}': '{}' is no directory", request.volume_id, data);
  }
  if (errno != ENOENT) return failed("look at", data);
  std::string fresh = place + "/.data-new";
  if (::mkdir(fresh.c_str(), 0700) != 0 && errno != EEXIST) return failed("make directory", fresh);
  TRY_STATUS(set_owner(fresh, request));
  if (::rename(fresh.c_str(), data.c_str()) != 0) return failed("make directory", data);
  return files::sync_directory(place);
}

}  // namespace polly::drivers::kit
