#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/system.h"

namespace polly::files {
namespace {

constexpr std::string_view kUnfinished = ".unfinished-";

tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
  const int error = errno;
  return fail(errno_code(error), "cannot {} '{}': {}", what, path, errno_text(error));
}

std::string parent_of(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? std::string::npos : path.rfind('/', end);
  if (slash == std::string::npos) return end == std::string::npos && !path.empty() ? "/" : ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("write", path);
    content.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Status fill(const std::string& path, std::string_view content, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return failed("create", path);
  if (::fchmod(fd.get(), mode) != 0) return failed("set the mode of", path);  // umask has had its say in open
  TRY_STATUS(write_all(fd.get(), content, path));
  if (::fsync(fd.get()) != 0) return failed("write to disk", path);
  return {};
}

Result<std::vector<std::string>> names_in(const std::string& directory) {
  std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
  if (!dir) return failed("list", directory);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir.get());
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return failed("list", directory);
  std::sort(names.begin(), names.end());
  return names;
}

bool unfinished(const std::string& name) {
  return name.starts_with(kUnfinished);
}

}  // namespace

Result<std::string> read(const std::string& path, size_t limit) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed("read", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("read", path);
  std::string content;
  // A guess: files of /proc say 0.
  size_t room = std::clamp(static_cast<size_t>(info.st_size) + 1, size_t{4096}, limit + 1);
  for (;;) {
    const size_t have = content.size();
    content.resize(have + room);
    const ssize_t n = ::read(fd.get(), content.data() + have, room);
    content.resize(have + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path);
    if (n == 0) return content;
    if (content.size() > limit) return fail(Code::too_large, "cannot read '{}': more than {} bytes", path, limit);
    room = std::min(std::max(content.size(), size_t{4096}), limit + 1 - content.size());
  }
}

Status write_atomically(const std::string& path, std::string_view content, mode_t mode) {
  static std::atomic<unsigned> counter{0};
  const std::string directory = parent_of(path);
  const std::string name = path.substr(path.rfind('/') + 1);
  const std::string temporary =
      fmt::format("{}/{}{}.{}-{}", directory, kUnfinished, name.substr(0, 200), ::getpid(), ++counter);
  if (Status filled = fill(temporary, content, mode); !filled) {
    ::unlink(temporary.c_str());
    return fail_with(filled.error(), "cannot write '{}'", path);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = failed("replace", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return sync_directory(directory);
}

Status make_directories(const std::string& path, mode_t mode) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    return fail(Code::exists, "cannot make directory '{}': something else has that name", path);
  }
  const std::string parent = parent_of(path);
  if (errno == ENOENT && parent != path && parent != ".") TRY_STATUS(make_directories(parent, mode));
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};  // another was faster
    return failed("make directory", path);
  }
  return sync_directory(parent);
}

Status remove(const std::string& path) {
  if (::remove(path.c_str()) == 0 || errno == ENOENT) return {};
  return failed("remove", path);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

Result<std::vector<std::string>> list(const std::string& directory) {
  TRY(names, names_in(directory));
  std::erase_if(names, unfinished);
  return names;
}

Status remove_unfinished(const std::string& directory) {
  TRY(names, names_in(directory));
  for (const std::string& name : names) {
    if (unfinished(name)) TRY_STATUS(remove(directory + "/" + name));
  }
  return {};
}

Status sync_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return failed("write to disk", path);
  return {};
}

Result<std::string> read_private(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return failed("read", path);
  if (info.st_mode & (S_IRWXG | S_IRWXO)) {
    return fail(Code::refused, "cannot use the key in '{}': others may read or change it; chmod 600 it", path);
  }
  return read(path, 64 * 1024);
}

Result<UniqueFd> lock_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::flock(fd.get(), LOCK_EX) != 0) return failed("lock", path);
  return fd;
}

}  // namespace polly::files
