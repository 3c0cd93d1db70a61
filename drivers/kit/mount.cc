#include "drivers/kit/mount.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/system.h"

namespace polly::drivers::kit {
namespace {

Code code_of_mount(int error) {
  switch (error) {
    case EBUSY:
      return Code::busy;
    case EPERM:
    case EACCES:
      return Code::refused;
    case ENODEV:
      return Code::unsupported;
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EUCLEAN:
    case EINVAL:
      return Code::corrupt;
    default:
      return Code::unavailable;
  }
}

std::string_view cure_of_mount(int error) {
  switch (error) {
    case EPERM:
      return "; run it as root with CAP_SYS_ADMIN";
    case ENODEV:
      return "; the kernel does not know this filesystem: load its module";
    case EUCLEAN:
      return "; check it with e2fsck or xfs_repair";
    default:
      return "";
  }
}

Status remount_read_only(const std::string& target) {
  struct statvfs now {};
  if (::statvfs(target.c_str(), &now) != 0)
    return fail(Code::unavailable, "cannot read the flags of mount '{}': {}", target, errno_text(errno));
  // A remount sets all flags of the mount anew: those that it has must be said again.
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;
  if (now.f_flag & ST_NOSUID) flags |= MS_NOSUID;
  if (now.f_flag & ST_NODEV) flags |= MS_NODEV;
  if (now.f_flag & ST_NOEXEC) flags |= MS_NOEXEC;
  if (now.f_flag & ST_NOATIME) flags |= MS_NOATIME;
  if (now.f_flag & ST_NODIRATIME) flags |= MS_NODIRATIME;
  if (now.f_flag & ST_RELATIME) flags |= MS_RELATIME;
  if (::mount(nullptr, target.c_str(), nullptr, flags, nullptr) == 0) return {};
  int error = errno;
  return fail(code_of_mount(error), "cannot make mount '{}' read-only: {}{}", target, errno_text(error),
              cure_of_mount(error));
}

// The mount that a path lies in, and which directory of its filesystem the path is.
struct Place {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

Result<Place> place_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return Place{status.st_dev, status.st_ino};
  int error = errno;
  return fail(error == ENOENT ? Code::not_found : Code::unavailable, "cannot look at '{}': {}", path,
              errno_text(error));
}

}  // namespace

Status mount_filesystem(const std::string& device, const std::string& type, const std::string& target) {
  // Device nodes that a container makes on its volume are never needed, and could reach the machine's disks.
  const char* options = type == "ext4" ? "errors=remount-ro" : nullptr;
  if (::mount(device.c_str(), target.c_str(), type.c_str(), MS_NODEV, options) == 0) return {};
  int error = errno;
  return fail(code_of_mount(error), "cannot mount {} device '{}' at '{}': {}{}", type, device, target,
              errno_text(error), cure_of_mount(error));
}

Status bind_mount(const std::string& source, const std::string& target) {
  if (::mount(source.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) == 0) return {};
  int error = errno;
  return fail(code_of_mount(error), "cannot bind '{}' to '{}': {}{}", source, target, errno_text(error),
              cure_of_mount(error));
}

Status mount_points_in_memory(const std::string& target) {
  TRY(point, canonical_path(target));
  TRY(table, MountTable::read());
  if (const auto* mounted = table.at(point); mounted && mounted->type == "tmpfs") return {};
  if (::mount("polly", point.c_str(), "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOSUID, "mode=0755,size=64m") == 0) return {};
  int error = errno;
  return fail(code_of_mount(error), "cannot mount a tmpfs at '{}': {}{}", target, errno_text(error),
              cure_of_mount(error));
}

Status unmount(const std::string& target) {
  auto point = canonical_path(target);
  if (!point) return point.error().code == Code::not_found ? Status() : Status(fail(point.error()));
  // A child that is about to become mkfs has for a moment what this process had open when it was forked.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  while (true) {
    TRY(table, MountTable::read());
    if (table.at(*point) == nullptr) return {};
    if (::umount2(point->c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    // EINVAL: what the table shows lies hidden under another mount, and no path leads to it.
    if (errno == EINVAL || errno == ENOENT) return {};
    int error = errno;
    if (error == EBUSY && std::chrono::steady_clock::now() < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    return fail(code_of_mount(error), "cannot unmount '{}': {}{}", target, errno_text(error), cure_of_mount(error));
  }
}

Status publish(const std::string& source, const std::string& target, Access access) {
  TRY_STATUS(make_mount_point(target));
  TRY(point, canonical_path(target));
  TRY(table, MountTable::read());
  const MountEntry* mounted = table.at(point);
  if (mounted == nullptr) {
    TRY_STATUS(bind_mount(source, point));
    return access == Access::read_only ? remount_read_only(point) : Status();
  }
  TRY(wanted, place_of(source));
  TRY(shown, place_of(point));
  if (wanted != shown)
    return fail(Code::busy, "cannot publish '{}' at '{}': '{}' is mounted there; unpublish it first", source, target,
                mounted->source);
  if (mounted->read_only == (access == Access::read_only)) return {};
  // Left by a crash between bind and remount, or asked again with another access: nobody was told of it yet.
  if (access == Access::read_only) return remount_read_only(point);
  TRY_STATUS(unmount(point));
  return bind_mount(source, point);
}

Status unpublish(const std::string& target) {
  TRY_STATUS(unmount(target));
  if (::rmdir(target.c_str()) == 0 || errno == ENOENT) return {};
  // Something was put under the mount. It is not ours to remove, and the volume is off.
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR) return {};
  int error = errno;
  return fail(error == EBUSY ? Code::busy : Code::unavailable, "cannot remove directory '{}': {}", target,
              errno_text(error));
}

Status make_mount_point(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return files::make_directories(path);
}

std::string stage_point(const std::string& directory) {
  return directory + "/fs";
}
std::string data_path(const std::string& directory) {
  return directory + "/fs/data";
}

const MountEntry* published_from(const MountTable& table, const MountEntry& stage) {
  std::string data = (stage.root == "/" ? "" : stage.root) + "/data";
  for (const auto& entry : table.entries())
    if (entry.device == stage.device && (entry.root == data || entry.root == data + "//deleted")) return &entry;
  return nullptr;
}

Result<Usage> filesystem_usage(const std::string& path) {
  struct statvfs now {};
  if (::statvfs(path.c_str(), &now) != 0)
    return fail(Code::unavailable, "cannot tell how full '{}' is: {}", path, errno_text(errno));
  return Usage{now.f_blocks * now.f_frsize, (now.f_blocks - now.f_bfree) * now.f_frsize};
}

}  // namespace polly::drivers::kit
