// Removing a tree without following it out of its filesystem: below a volume's directory may stand a mount, and the
// data in there is somebody else's.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/files.h"
#include "base/system.h"
#include "base/unique_fd.h"

namespace polly::files {
namespace {

// The mount an open directory belongs to: differs for a bind mount of the same filesystem too, where the device does
// not.
Result<uint64_t> mount_of(int fd, const std::string& path) {
  struct statx info {};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_MNT_ID, &info) != 0) {
    const int error = errno;
    return fail(errno_code(error), "cannot remove '{}': {}", path, errno_text(error));
  }
  if (info.stx_mask & STATX_MNT_ID) return info.stx_mnt_id;
  return (static_cast<uint64_t>(info.stx_dev_major) << 32) | info.stx_dev_minor;
}

class Tree {
 public:
  // The first pass only looks for mounts, so that a refusal leaves everything in place; the second one removes.
  Tree(uint64_t mount, bool removing) : mount_(mount), removing_(removing) {}

  Status walk(UniqueFd directory, const std::string& path) {
    TRY(mount, mount_of(directory.get(), path));
    if (mount != mount_) return fail(Code::busy, "cannot remove '{}': something is mounted there", path);
    std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(directory.get()), ::closedir);
    if (!entries) return failed(path);
    const int fd = directory.release();  // closedir closes it
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(entries.get());
      if (!entry) break;
      const std::string name = entry->d_name;
      if (name != "." && name != "..") TRY_STATUS(visit(fd, name, path + "/" + name));
    }
    if (errno != 0) return failed(path);
    return {};
  }

  Status visit(int parent, const std::string& name, const std::string& path) {
    UniqueFd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory) {
      TRY_STATUS(walk(std::move(directory), path));
      return unlink(parent, name, AT_REMOVEDIR, path);
    }
    if (errno == ENOENT) return {};
    if (errno != ENOTDIR && errno != ELOOP) return failed(path);
    return unlink(parent, name, 0, path);
  }

 private:
  static tl::unexpected<Error> failed(const std::string& path) {
    const int error = errno;
    return fail(errno_code(error), "cannot remove '{}': {}", path, errno_text(error));
  }
  Status unlink(int parent, const std::string& name, int flags, const std::string& path) const {
    if (!removing_ || ::unlinkat(parent, name.c_str(), flags) == 0 || errno == ENOENT) return {};
    return failed(path);
  }

  uint64_t mount_;
  bool removing_;
};

}  // namespace

Status remove_tree(const std::string& path) {
  std::string plain = path;
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  const size_t slash = plain.rfind('/');
  const std::string parent_path = slash == std::string::npos ? "." : slash == 0 ? "/" : plain.substr(0, slash);
  const std::string name = plain.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(Code::invalid, "cannot remove the tree '{}': name it by its own name", path);
  }
  UniqueFd parent(::open(parent_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent) {
    const int error = errno;
    if (error == ENOENT) return {};
    return fail(errno_code(error), "cannot remove '{}': {}", path, errno_text(error));
  }
  TRY(mount, mount_of(parent.get(), parent_path));
  TRY_STATUS(Tree(mount, false).visit(parent.get(), name, plain));
  return Tree(mount, true).visit(parent.get(), name, plain);
}

}  // namespace polly::files
