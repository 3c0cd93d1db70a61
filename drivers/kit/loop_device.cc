#include "drivers/kit/loop_device.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <thread>

#include "base/files.h"
#include "base/system.h"
#include "drivers/kit/holders.h"

namespace polly::drivers::kit {
namespace {

constexpr int kLoopMajor = 7;
constexpr int kAttempts = 200;  // others take free devices too; each lost race costs a few milliseconds
constexpr std::string_view kDeleted = " (deleted)";

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

void pause_a_little() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 5000));
}

Result<UniqueFd> open_control() {
  UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (control) return control;
  int error = errno;
  return fail(Code::unavailable,
              "cannot attach an image: /dev/loop-control: {}; load the kernel module loop, and give the plugin the "
              "host's /dev",
              errno_text(error));
}

// A /dev that is not the kernel's own (in a container) does not get new nodes by itself.
UniqueFd open_device(const std::string& path, int number) {
  UniqueFd device(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (device || errno != ENOENT) return device;
  ::mknod(path.c_str(), S_IFBLK | 0600, makedev(kLoopMajor, static_cast<unsigned>(number)));
  return UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
}

// 0, or the errno of LOOP_CONFIGURE: file, flags and block size are set in one step, so that no half-configured device
// is ever seen.
int configure(int device, int file, const std::string& file_name, uint32_t block_size) {
  loop_config config{};
  config.fd = static_cast<uint32_t>(file);
  config.block_size = block_size;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
  std::string_view name(file_name);
  name = name.substr(0, LO_NAME_SIZE - 1);
  std::memcpy(config.info.lo_file_name, name.data(), name.size());
  if (::ioctl(device, LOOP_CONFIGURE, &config) == 0) return 0;
  if (errno != EINVAL) return errno;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;  // a filesystem that cannot do direct I/O
  return ::ioctl(device, LOOP_CONFIGURE, &config) == 0 ? 0 : errno;
}

bool taken_by_another(int error) {
  return error == EBUSY || error == ENXIO || error == ENODEV || error == EAGAIN;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
  return text;
}

std::string name_of(std::string_view backing_file) {
  if (backing_file.size() > kDeleted.size() && backing_file.substr(backing_file.size() - kDeleted.size()) == kDeleted)
    backing_file.remove_suffix(kDeleted.size());
  return std::string(backing_file.substr(backing_file.rfind('/') + 1));
}

dev_t device_number(const std::string& text) {
  unsigned major_number = 0;
  unsigned minor_number = 0;
  if (std::sscanf(text.c_str(), "%u:%u", &major_number, &minor_number) != 2) return 0;
  return makedev(major_number, minor_number);
}

}  // namespace

Result<LoopDevice> attach_loop(const UniqueFd& file, const std::string& file_name, uint32_t block_size) {
  TRY(control, open_control());
  int error = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) {
      error = errno;
      if (!taken_by_another(error)) break;
      pause_a_little();
      continue;
    }
    LoopDevice device;
    device.path = fmt::format("/dev/loop{}", number);
    device.fd = open_device(device.path, number);
    error = device.fd ? configure(device.fd.get(), file.get(), file_name, block_size) : errno;
    if (error == 0) {
      if (::ioctl(device.fd.get(), BLKGETSIZE64, &device.size) == 0) return device;
      error = errno;
      break;
    }
    if (!taken_by_another(error)) break;
    pause_a_little();
  }
  return fail(
      taken_by_another(error) ? Code::busy : Code::unavailable, "cannot attach image '{}' to a loop device: {}{}",
      file_name, errno_text(error),
      error == EPERM || error == EACCES ? "; run it as root with CAP_SYS_ADMIN and access to block devices" : "");
}

Result<std::vector<AttachedLoop>> loops_of(const std::string& file_name) {
  auto names = files::list("/sys/block");
  if (!names) return fail_with(names.error(), "cannot tell which loop devices are in use");
  std::vector<AttachedLoop> loops;
  for (const auto& name : *names) {
    if (name.rfind("loop", 0) != 0) continue;
    auto backing = files::read("/sys/block/" + name + "/loop/backing_file");
    if (!backing) continue;  // not attached, or just let go
    std::string file = trimmed(*backing);
    if (name_of(file) != file_name) continue;
    auto number = files::read("/sys/block/" + name + "/dev");
    loops.push_back({"/dev/" + name, number ? device_number(*number) : 0, file});
  }
  return loops;
}

std::string backing_name(dev_t device) {
  auto backing = files::read(fmt::format("/sys/dev/block/{}:{}/loop/backing_file", major(device), minor(device)));
  return backing ? name_of(trimmed(*backing)) : "";
}

Status wait_until_released(const std::string& file_name, milliseconds patience) {
  auto deadline = Steady::now() + patience;
  while (true) {
    TRY(loops, loops_of(file_name));
    if (loops.empty()) return {};
    if (Steady::now() >= deadline)
      return fail(Code::busy,
                  "cannot let go of image '{}': {} still has it; a container or another program on this machine has it "
                  "mounted or open",
                  loops[0].backing_file, loops[0].path);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

Status wait_until_unmounted(const std::string& device, milliseconds patience) {
  auto deadline = Steady::now() + patience;
  while (true) {
    // A mounted filesystem holds its device exclusively, in whatever namespace it is mounted.
    UniqueFd alone(::open(device.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    if (alone || errno == ENXIO || errno == ENOENT) return {};
    if (errno != EBUSY) return fail(Code::unavailable, "cannot look at device '{}': {}", device, errno_text(errno));
    if (Steady::now() >= deadline) {
      struct stat status {};
      dev_t number = ::stat(device.c_str(), &status) == 0 ? status.st_rdev : 0;
      return fail(Code::busy, "cannot let go of device '{}': {}", device, who_has_mounted(number));
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
}

}  // namespace polly::drivers::kit
