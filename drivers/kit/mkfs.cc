#include "drivers/kit/mkfs.h"

#include <cerrno>
#include <chrono>
#include <vector>

#include "base/exec.h"
#include "base/system.h"

namespace polly::drivers::kit {
namespace {

using std::chrono::seconds;

constexpr uint64_t kMiB = 1ULL << 20;
constexpr uint64_t kLazyFrom = 1024 * kMiB;
constexpr seconds kMakePatience{45};
constexpr seconds kCheckPatience{10};

// Blocks of 4 KiB at any size, so that the device may change to a disk with sectors of 4 KiB. Nothing is discarded:
// that would give back the space that a thick image holds. A large volume's tables are zeroed by the kernel once it is
// mounted.
std::vector<std::string> ext4_command(const std::string& device, uint64_t size, const std::string& uuid, bool again) {
  std::string lazy = size >= kLazyFrom ? "1" : "0";
  std::vector<std::string> command = {"mkfs.ext4", "-q", "-b", "4096", "-m", "0", "-U", uuid};
  if (again) command.push_back("-F");
  command.insert(command.end(), {"-E", "nodiscard,lazy_itable_init=" + lazy + ",lazy_journal_init=" + lazy, device});
  return command;
}

std::vector<std::string> xfs_command(const std::string& device, const std::string& uuid, bool again) {
  std::vector<std::string> command = {"mkfs.xfs", "-q", "-K", "-m", "uuid=" + uuid};
  if (again) command.push_back("-f");
  command.push_back(device);
  return command;
}

// mkfs.xfs says the one, mkfs.ext4 the other. Both open the device for themselves alone.
bool says_in_use(const std::string& text) {
  return text.find(errno_text(EBUSY)) != std::string::npos || text.find("in use by the system") != std::string::npos;
}

}  // namespace

const std::set<std::string>& known_filesystems() {
  static const std::set<std::string> known = {"ext4", "xfs"};
  return known;
}

uint64_t minimum_size(const std::string& filesystem) {
  return filesystem == "xfs" ? 300 * kMiB : 8 * kMiB;
}

Status make_filesystem(const std::string& device, uint64_t size, const std::string& filesystem, const std::string& uuid,
                       bool again) {
  auto command = filesystem == "xfs" ? xfs_command(device, uuid, again) : ext4_command(device, size, uuid, again);
  auto made = run_ok(command, kMakePatience);
  if (made) return {};
  // Perhaps the one that a killed plugin left running: it ends by itself.
  if (says_in_use(made.error().message))
    return fail(Code::busy, "cannot make filesystem {} on '{}': another program has it", filesystem, device);
  return fail_with(made.error(), "cannot make filesystem {} on '{}'", filesystem, device);
}

bool checks_clean(const std::string& device, const std::string& filesystem) {
  std::vector<std::string> command = {"e2fsck", "-n", "-f", device};
  if (filesystem == "xfs") command = {"xfs_repair", "-n", device};
  auto checked = run(command, kCheckPatience);
  return checked && checked->code == 0;
}

std::string new_uuid() {
  std::string hex = make_id();
  hex[12] = '4';                                              // version: random
  hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];  // variant
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20, 12));
}

}  // namespace polly::drivers::kit
