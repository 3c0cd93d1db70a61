// How it stays flat: a directory inside a directory that cannot be removed at once is moved up to the top of the tree,
//
//     <name>/a/b/c   ->   <name>/a/b, <name>/.up-1   ->   ..
//
// so that only the top and one directory below it are ever open.
#include "drivers/kit/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/system.h"
#include "base/unique_fd.h"

namespace polly::drivers::kit {
namespace {

using Steady = std::chrono::steady_clock;

// Fails with EXDEV where something is mounted, also from the same filesystem, and with ELOOP at a symbolic link.
UniqueFd open_below(int directory, const char* name) {
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how)));
}

class Removal {
 public:
  Removal(std::string path, Steady::time_point deadline) : path_(std::move(path)), deadline_(deadline) {}

  // Empties the top directory. Each round leaves directories that were moved up to it for the next one.
  Status empty(int top) {
    top_ = top;
    do {
      moved_up_ = false;
      TRY_STATUS(each_entry(top, [this](const char* name, bool directory) { return at_top(name, directory); }));
    } while (moved_up_);
    return {};
  }

 private:
  template <class Visit>
  Status each_entry(int directory, Visit visit) {
    UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));  // with a position of its own
    if (!again) return failed();
    std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(again.get()), ::closedir);
    if (!entries) return failed();
    again.release();
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(entries.get());
      if (entry == nullptr) return errno == 0 ? Status() : failed();
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (Steady::now() > deadline_)
        return fail(Code::timeout, "cannot remove all of '{}' at once: there is too much in it; the next call goes on",
                    path_);
      TRY_STATUS(visit(entry->d_name, entry->d_type == DT_DIR));
    }
  }

  Status at_top(const char* name, bool directory) {
    TRY(gone, unlink_one(top_, name, directory));
    if (gone) return {};
    UniqueFd child = open_below(top_, name);
    if (!child) return failed();
    TRY_STATUS(each_entry(child.get(), [&](const char* inner, bool inner_directory) -> Status {
      TRY(inner_gone, unlink_one(child.get(), inner, inner_directory));
      return inner_gone ? Status() : move_up(child.get(), inner);
    }));
    TRY(now_gone, unlink_one(top_, name, true));
    if (!now_gone) moved_up_ = true;  // it was filled meanwhile, or readdir missed some: another round
    return {};
  }

  // False when it is a directory with something in it.
  Result<bool> unlink_one(int parent, const char* name, bool directory) {
    int first = 0;
    for (int flags : {directory ? AT_REMOVEDIR : 0, directory ? 0 : AT_REMOVEDIR}) {
      if (::unlinkat(parent, name, flags) == 0 || errno == ENOENT) return true;
      if (errno == ENOTEMPTY || errno == EEXIST) return false;
      if (first == 0) first = errno;
      if (errno != EISDIR && errno != ENOTDIR && errno != EPERM) break;  // EPERM: what POSIX says for EISDIR
    }
    errno = first;
    return failed();
  }

  Status move_up(int parent, const char* name) {
    while (true) {
      std::string free_name = fmt::format(".up-{}", ++counter_);
      if (::renameat(parent, name, top_, free_name.c_str()) == 0) {
        moved_up_ = true;
        return {};
      }
      if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR) return failed();  // else the name is the user's
    }
  }

  tl::unexpected<Error> failed() const {
    int error = errno;
    if (error == EXDEV || error == EBUSY)
      return fail(Code::busy, "cannot remove '{}': something is mounted in it, or in use; unmount it first", path_);
    return fail(errno_code(error), "cannot remove '{}': {}", path_, errno_text(error));
  }

  std::string path_;
  Steady::time_point deadline_;
  int top_ = -1;
  uint64_t counter_ = 0;
  bool moved_up_ = false;
};

}  // namespace

Status remove_tree(const std::string& parent, const std::string& name, std::chrono::milliseconds patience) {
  std::string path = parent + "/" + name;
  UniqueFd above(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above)
    return errno == ENOENT ? Status() : fail(errno_code(errno), "cannot open '{}': {}", parent, errno_text(errno));
  UniqueFd top = open_below(above.get(), name.c_str());
  if (!top && errno == ENOENT) return {};
  if (!top && (errno == EXDEV || errno == ELOOP || errno == ENOTDIR))
    return fail(Code::busy, "cannot remove '{}': it is a mount point, or no directory; look at it by hand", path);
  if (!top) return fail(errno_code(errno), "cannot open '{}': {}", path, errno_text(errno));
  TRY_STATUS(Removal(path, Steady::now() + patience).empty(top.get()));
  if (::unlinkat(above.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return fail(errno == EBUSY ? Code::busy : errno_code(errno), "cannot remove '{}': {}", path, errno_text(errno));
}

}  // namespace polly::drivers::kit
