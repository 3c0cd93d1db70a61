#include "drivers/kit/format.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "core/model/size.h"
#include "drivers/kit/mkfs.h"
#include "drivers/kit/probe.h"

namespace polly::drivers::kit {
namespace {

// What was found, for a sentence.
std::string describe(const Probe& probe) {
  if (probe.type.empty()) return "nothing";
  return probe.uuid.empty() ? probe.type : fmt::format("{} {}", probe.type, probe.uuid);
}

Status check_device(const Device& device, const StageRequest& request) {
  if (device.serial != request.serial)
    return fail(
        Code::corrupt,
        "cannot use device '{}' for volume '{}': its serial is '{}' and the record says '{}'; it may be another "
        "volume's device",
        device.path, request.volume_id, device.serial, request.serial);
  bool grown = request.format.state == Format::State::formatted && device.size >= request.size;
  if (device.size == request.size || request.size == 0 || grown) return {};
  return fail(Code::corrupt,
              "cannot use device '{}' for volume '{}': it has {} bytes and the record says {}; it may be another "
              "volume's device, or cut short",
              device.path, request.volume_id, device.size, request.size);
}

Status check_known(const std::string& type, const StageRequest& request) {
  if (known_filesystems().count(type) != 0) return {};
  return fail(Code::unsupported, "cannot use filesystem '{}' on volume '{}': use ext4 or xfs", type, request.volume_id);
}

class Preparation {
 public:
  Preparation(const Device& device, const StageRequest& request, FormatGate& gate)
      : device_(device), request_(request), gate_(gate) {}

  Result<std::string> run() {
    TRY_STATUS(check_device(device_, request_));
    auto found = probe_device(device_.path);
    if (!found) return refuse(found.error());
    if (request_.origin != Origin::made) return take_as_it_is(*found);
    switch (request_.format.state) {
      case Format::State::never:
        return first_time(*found);
      case Format::State::formatting:
        return after_a_crash(*found);
      case Format::State::formatted:
        return as_recorded(*found);
    }
    return fail(Code::internal, "cannot stage volume '{}': its record has no known format state", request_.volume_id);
  }

 private:
  Result<std::string> first_time(const Probe& found) {
    TRY_STATUS(check_known(request_.filesystem, request_));
    if (request_.size == 0)
      return fail(Code::invalid, "cannot make a filesystem on volume '{}': its record has no size to compare",
                  request_.volume_id);
    if (!found.type.empty())
      return fail(Code::corrupt,
                  "cannot make a filesystem on volume '{}': its record says never formatted, but device '{}' holds {}; "
                  "nothing was changed",
                  request_.volume_id, device_.path, describe(found));
    if (auto blank = check_blank(device_.path, device_.size); !blank) return refuse(blank.error());
    return make(new_uuid(), false);
  }

  Result<std::string> after_a_crash(const Probe& found) {
    const std::string& uuid = request_.format.uuid;
    TRY_STATUS(check_known(request_.filesystem, request_));
    if (uuid.empty() || request_.size == 0)
      return fail(Code::invalid, "cannot stage volume '{}': its record says formatting, but not which uuid or size",
                  request_.volume_id);
    if (found.type.empty()) return make(uuid, true);
    if (found.type != request_.filesystem || found.uuid != uuid)
      return fail(Code::corrupt,
                  "cannot make a filesystem on volume '{}': {} {} was being made on it, but device '{}' holds {}; "
                  "nothing was changed",
                  request_.volume_id, request_.filesystem, uuid, device_.path, describe(found));
    if (checks_clean(device_.path, found.type)) return finish(uuid);
    // A coordinator restored from an old backup may think that formatting never ended. Data is worth more than its
    // word.
    if (may_have_been_mounted(device_.path, found.type))
      return fail(
          Code::corrupt,
          "cannot make a filesystem on volume '{}' again: {} on device '{}' has been mounted and may hold data; "
          "nothing was changed; check it with e2fsck or xfs_repair",
          request_.volume_id, describe(found), device_.path);
    return make(uuid, true);
  }

  Result<std::string> as_recorded(const Probe& found) {
    if (found.type == request_.filesystem && found.uuid == request_.format.uuid) return found.type;
    return fail(Code::corrupt,
                "cannot use volume '{}': device '{}' holds {} and the record says {} {}; nothing was changed",
                request_.volume_id, device_.path, describe(found), request_.filesystem, request_.format.uuid);
  }

  Result<std::string> take_as_it_is(const Probe& found) {
    if (found.type.empty())
      return fail(Code::corrupt,
                  "cannot use volume '{}': it was copied or adopted, and device '{}' holds no filesystem; Polly makes "
                  "none on what it did not make",
                  request_.volume_id, device_.path);
    TRY_STATUS(check_known(found.type, request_));
    bool differs = !request_.filesystem.empty() && found.type != request_.filesystem;
    if (differs || (!request_.format.uuid.empty() && found.uuid != request_.format.uuid)) return as_recorded(found);
    return found.type;
  }

  // A crash before mkfs ends leaves formatting(uuid) on record and anything on the device that mkfs writes.
  Result<std::string> make(const std::string& uuid, bool again) {
    TRY_STATUS(gate_.begin(uuid));
    log::info("make filesystem volume={} device={} type={} uuid={} size={}", request_.volume_id, device_.path,
              request_.filesystem, uuid, format_size(device_.size));
    TRY_STATUS(make_filesystem(device_.path, device_.size, request_.filesystem, uuid, again));
    auto made = probe_device(device_.path);
    if (!made) return refuse(made.error());
    if (made->type != request_.filesystem || made->uuid != uuid)
      return fail(Code::corrupt, "cannot use device '{}' for volume '{}': {} was made on it, and it holds {}",
                  device_.path, request_.volume_id, request_.filesystem, describe(*made));
    return finish(uuid);
  }

  // Nothing is acknowledged that is not on disk.
  Result<std::string> finish(const std::string& uuid) {
    UniqueFd fd(::open(device_.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
      return fail(Code::unavailable, "cannot write device '{}' to disk: {}", device_.path, errno_text(errno));
    TRY_STATUS(gate_.done(uuid));
    return request_.filesystem;
  }

  tl::unexpected<Error> refuse(const Error& cause) {
    return fail(cause.code, "cannot use device '{}' for volume '{}': {}; nothing was changed", device_.path,
                request_.volume_id, cause.message);
  }

  const Device& device_;
  const StageRequest& request_;
  FormatGate& gate_;
};

}  // namespace

Result<std::string> prepare_filesystem(const Device& device, const StageRequest& request, FormatGate& gate) {
  return Preparation(device, request, gate).run();
}

}  // namespace polly::drivers::kit
