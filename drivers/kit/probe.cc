#include "drivers/kit/probe.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "base/system.h"
#include "base/unique_fd.h"

namespace polly::drivers::kit {
namespace {

constexpr uint64_t kMiB = 1ULL << 20;
constexpr uint64_t kBlock = 4096;
constexpr uint64_t kSamples = 64;

Result<UniqueFd> open_to_read(const std::string& device) {
  UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return fd;
  return fail(Code::unavailable, "cannot read device '{}': {}", device, errno_text(errno));
}

Status read_at(const UniqueFd& fd, const std::string& device, uint64_t offset, std::vector<char>& buffer) {
  size_t have = 0;
  while (have < buffer.size()) {
    ssize_t n = ::pread(fd.get(), buffer.data() + have, buffer.size() - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      return fail(Code::unavailable, "cannot read device '{}' at byte {}: {}", device, offset + have,
                  n < 0 ? errno_text(errno) : "it ends there");
    have += static_cast<size_t>(n);
  }
  return {};
}

// libblkid reads a hundred small pieces near both ends: from memory, after these two reads. What fails here would fail
// there too, and is told better.
Status read_edges(const UniqueFd& fd, const std::string& device) {
  off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return fail(Code::unavailable, "cannot tell the size of device '{}': {}", device, errno_text(errno));
  auto size = static_cast<uint64_t>(end);
  std::vector<char> buffer(std::min(kMiB, size));
  TRY_STATUS(read_at(fd, device, 0, buffer));
  return read_at(fd, device, size - buffer.size(), buffer);
}

Status check_zero(const UniqueFd& fd, const std::string& device, uint64_t offset, uint64_t length) {
  std::vector<char> buffer(length);
  TRY_STATUS(read_at(fd, device, offset, buffer));
  auto found = std::find_if(buffer.begin(), buffer.end(), [](char c) { return c != 0; });
  if (found == buffer.end()) return {};
  return fail(Code::corrupt, "device '{}' holds data at byte {}", device,
              offset + static_cast<uint64_t>(found - buffer.begin()));
}

uint64_t big_endian(const std::vector<char>& bytes, size_t at, size_t width) {
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string value_of(blkid_probe probe, const char* name) {
  const char* text = nullptr;
  if (blkid_probe_lookup_value(probe, name, &text, nullptr) != 0 || text == nullptr) return "";
  return text;
}

// s_mtime and s_mnt_count of the superblock at byte 1024.
Result<bool> ext4_was_mounted(const UniqueFd& fd, const std::string& device) {
  std::vector<char> superblock(1024);
  TRY_STATUS(read_at(fd, device, 1024, superblock));
  auto zero = [&](size_t from, size_t to) {
    return std::all_of(superblock.begin() + static_cast<long>(from), superblock.begin() + static_cast<long>(to),
                       [](char c) { return c == 0; });
  };
  return !zero(0x2c, 0x30) || !zero(0x34, 0x36);
}

// mkfs leaves one record at the start of the log and zeros behind it; a mount goes on writing there before anything
// else.
Result<bool> xfs_was_mounted(const UniqueFd& fd, const std::string& device) {
  constexpr uint64_t kFirstRecord = 2 * kBlock;
  constexpr uint64_t kLook = 128 * 1024;
  std::vector<char> superblock(512);
  TRY_STATUS(read_at(fd, device, 0, superblock));
  uint64_t block_size = big_endian(superblock, 4, 4);
  uint64_t log_start = big_endian(superblock, 48, 8);
  uint64_t group_blocks = big_endian(superblock, 84, 4);
  auto group_bits = static_cast<unsigned char>(superblock[124]);
  if (group_bits >= 32 || log_start == 0) return true;  // not a superblock that our mkfs writes
  uint64_t block = (log_start >> group_bits) * group_blocks + (log_start & ((1ULL << group_bits) - 1));
  auto zero = check_zero(fd, device, block * block_size + kFirstRecord, kLook);
  return !zero;
}

}  // namespace

Result<Probe> probe_device(const std::string& device) {
  TRY(fd, open_to_read(device));
  TRY_STATUS(read_edges(fd, device));
  std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(blkid_new_probe(), blkid_free_probe);
  if (!probe || blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0)
    return fail(Code::unavailable, "cannot read device '{}': libblkid could not open it", device);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_MAGIC);
  errno = 0;
  int found = blkid_do_safeprobe(probe.get());
  if (found == 1) return Probe{};
  if (found == 0) {
    Probe answer{value_of(probe.get(), "TYPE"), value_of(probe.get(), "UUID")};
    if (answer.type.empty()) answer.type = value_of(probe.get(), "PTTYPE");
    if (answer.type.empty()) answer.type = "something without a name";
    return answer;
  }
  if (found == -2)
    return fail(Code::corrupt, "device '{}' bears the signatures of several filesystems at once", device);
  return fail(Code::unavailable, "cannot read device '{}': {}", device,
              errno != 0 ? errno_text(errno) : "libblkid gave up");
}

Status check_blank(const std::string& device, uint64_t size) {
  TRY(fd, open_to_read(device));
  uint64_t edge = std::min(kMiB, size);
  TRY_STATUS(check_zero(fd, device, 0, edge));
  TRY_STATUS(check_zero(fd, device, size - edge, edge));
  if (size < 2 * kMiB + kSamples * kBlock) return check_zero(fd, device, 0, size);
  for (uint64_t i = 1; i < kSamples; ++i)
    TRY_STATUS(check_zero(fd, device, size / kSamples * i / kBlock * kBlock, kBlock));
  return {};
}

bool may_have_been_mounted(const std::string& device, const std::string& type) {
  auto fd = open_to_read(device);
  if (!fd) return true;
  if (type == "ext4") return ext4_was_mounted(*fd, device).value_or(true);
  if (type == "xfs") return xfs_was_mounted(*fd, device).value_or(true);
  return true;
}

}  // namespace polly::drivers::kit
