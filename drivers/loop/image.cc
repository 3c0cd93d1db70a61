#include "drivers/loop/image.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <thread>

#include "base/files.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "core/model/size.h"
#include "drivers/loop/loop.h"

namespace polly::drivers::loop {
namespace {

constexpr std::string_view kCreating = ".creating-";

// An error of the system about an image, in our words.
tl::unexpected<Error> failed(int error, const std::string& id, uint64_t size) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return fail(Code::exhausted,
                  "cannot make an image of {} for volume '{}': the pool's filesystem is full; free space, "
                  "or use another pool",
                  format_size(size), id);
    case EFBIG:
      return fail(Code::invalid,
                  "cannot make an image of {} for volume '{}': the pool's filesystem has no files of that "
                  "size",
                  format_size(size), id);
    case EOPNOTSUPP:
      return fail(Code::unsupported,
                  "cannot make an image of {} for volume '{}': the pool's filesystem cannot set space aside; use "
                  "'provisioning: thin'",
                  format_size(size), id);
    default:
      return fail(errno_code(error), "cannot make an image of {} for volume '{}': {}", format_size(size), id,
                  errno_text(error));
  }
}

// An open and locked file under that name. sweep_images() may have it for a moment, or remove it between open and lock:
// then once more.
UniqueFd open_locked(const std::string& path) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return fd;
    bool locked = ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    struct stat status {};
    if (locked && ::fstat(fd.get(), &status) == 0 && status.st_nlink == 1) return fd;
    if (!locked) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  errno = EBUSY;
  return UniqueFd();
}

int set_space_aside(int fd, uint64_t size, Provisioning provisioning) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return errno;
  if (provisioning == Provisioning::thin) return 0;
  while (::fallocate(fd, 0, 0, static_cast<off_t>(size)) != 0)
    if (errno != EINTR) return errno;
  return 0;
}

}  // namespace

Status make_image(const std::string& directory, const std::string& id, uint64_t size, Provisioning provisioning) {
  std::string temporary = fmt::format("{}/{}{}", directory, kCreating, id);
  std::string image = fmt::format("{}/{}{}", directory, id, kImage);
  UniqueFd fd = open_locked(temporary);
  if (!fd) return failed(errno, id, size);
  // What a crashed call wrote must not show up in the new volume: all of it is given back first.
  int error = ::ftruncate(fd.get(), 0) == 0 ? 0 : errno;
  if (error == 0) error = set_space_aside(fd.get(), size, provisioning);
  if (error == 0 && ::fsync(fd.get()) != 0) error = errno;
  if (error == 0 && ::rename(temporary.c_str(), image.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return failed(error, id, size);
  }
  return files::sync_directory(directory);
}

void sweep_images(const std::string& directory) {
  auto names = files::list(directory);
  if (!names) return;
  for (const auto& name : *names) {
    if (!name.starts_with(kCreating)) continue;
    UniqueFd fd(::open((directory + "/" + name).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) ::unlink((directory + "/" + name).c_str());
  }
}

}  // namespace polly::drivers::loop
