#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/log.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "drivers/kit/format.h"
#include "drivers/kit/loop_device.h"
#include "drivers/kit/mount.h"
#include "drivers/kit/top_directory.h"
#include "drivers/loop/loop.h"

namespace polly::drivers::loop {
namespace {

constexpr std::chrono::milliseconds kReleasePatience{3000};
constexpr std::chrono::milliseconds kLockPatience{2000};

std::string image_name(const std::string& volume_id) {
  return fmt::format("{}{}", volume_id, kImage);
}

Result<UniqueFd> open_image(const StageRequest& request, const std::string& image) {
  if (image.empty() || image[0] != '/' || image.substr(image.rfind('/') + 1) != image_name(request.volume_id))
    return fail(Code::corrupt, "cannot stage volume '{}': '{}' is not its image", request.volume_id, image);
  UniqueFd fd(::open(image.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT)
    return fail(Code::unavailable,
                "cannot stage volume '{}': image '{}' is not there; mount the shared storage of its pool on this node",
                request.volume_id, image);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return fail(errno_code(errno), "cannot stage volume '{}': image '{}': {}", request.volume_id, image,
                errno_text(errno));
  if (S_ISREG(status.st_mode)) return fd;
  return fail(Code::corrupt, "cannot stage volume '{}': image '{}' is no file", request.volume_id, image);
}

// The lock goes over to the loop device with the descriptor. A device that was just let go may keep it for a moment.
Status lock_image(const UniqueFd& fd, const std::string& image) {
  auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return {};  // storage without locks: the coordinator alone sees to one holder
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(Code::busy, "cannot stage image '{}': another loop device, maybe on another machine, has it", image);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

class LoopNode : public NodeHalf {
 public:
  // A crash before the mount leaves nothing: the device goes with the last descriptor. A crash after it leaves a mount
  // that the next call completes.
  Result<Staged> stage(const StageRequest& request, FormatGate& gate) override {
    TRY_STATUS(kit::check_owner(request));
    std::string point = kit::stage_point(request.directory);
    TRY_STATUS(kit::make_mount_point(point));
    TRY(table, kit::MountTable::read());
    TRY(entry, entry_of(table, request.volume_id, request.directory));
    if (entry != nullptr) {
      TRY_STATUS(kit::make_top_directory(point, request));
      return Staged{kit::data_path(request.directory), entry->source};
    }
    TRY(device, attach(request));
    TRY(type, kit::prepare_filesystem({device.path, device.size, request.volume_id}, request, gate));
    TRY_STATUS(kit::mount_filesystem(device.path, type, point));
    if (auto made = kit::make_top_directory(point, request); !made) {
      TRY_STATUS(kit::unmount(point));
      return fail(made.error());
    }
    return Staged{kit::data_path(request.directory), device.path};
  }

  Status unstage(const std::string& volume_id, const std::string& directory) override {
    TRY(table, kit::MountTable::read());
    TRY(entry, entry_of(table, volume_id, directory));
    if (entry != nullptr) TRY_STATUS(take_down(volume_id, table, *entry));
    TRY_STATUS(kit::wait_until_released(image_name(volume_id), kReleasePatience));
    ::rmdir(kit::stage_point(directory).c_str());
    return {};
  }

  Status publish(const Staged& staged, const std::string& target, Access access) override {
    return kit::publish(staged.path, target, access);
  }

  Status unpublish(const std::string& target) override { return kit::unpublish(target); }

  Result<Staged> find(const std::string& volume_id, const std::string& directory) override {
    TRY(table, kit::MountTable::read());
    TRY(entry, entry_of(table, volume_id, directory));
    if (entry == nullptr) return Staged{};
    std::string data = kit::data_path(directory);
    struct stat status {};
    // Mounted without the top directory: a crash came between, and stage() goes on. A filesystem that was shut down
    // answers nothing at all, and is staged nevertheless.
    bool half = ::lstat(data.c_str(), &status) != 0 && errno == ENOENT;
    return Staged{half ? "" : data, entry->source};
  }

  Result<Usage> usage(const Staged& staged) override { return kit::filesystem_usage(staged.path); }

 private:
  // The mount at the stage point, or null. `busy` when it is not this volume's.
  static Result<const kit::MountEntry*> entry_of(const kit::MountTable& table, const std::string& volume_id,
                                                 const std::string& directory) {
    auto point = kit::canonical_path(kit::stage_point(directory));
    if (!point && point.error().code == Code::not_found) return nullptr;
    if (!point) return fail(point.error());
    const kit::MountEntry* entry = table.at(*point);
    if (entry == nullptr) return nullptr;
    std::string behind = kit::backing_name(entry->device);
    if (behind == image_name(volume_id)) return entry;
    return fail(Code::busy, "cannot use '{}' for volume '{}': {} ('{}') is mounted there", *point, volume_id,
                entry->source, behind);
  }

  // Refuses an image that a device of this machine has already: two devices over one image would destroy it.
  static Result<kit::LoopDevice> attach(const StageRequest& request) {
    const std::string& image = request.context["image"].as_string();
    TRY(fd, open_image(request, image));
    TRY(others, kit::loops_of(image_name(request.volume_id)));
    if (!others.empty())
      return fail(Code::busy, "cannot stage volume '{}': {} on this machine has its image '{}' already",
                  request.volume_id, others[0].path, others[0].backing_file);
    TRY_STATUS(lock_image(fd, image));
    return kit::attach_loop(fd, image_name(request.volume_id), request.origin == Origin::made ? kBlock : 0);
  }

  // Unmounts, and mounts again if it turns out that the filesystem lives on in another namespace: then nothing has
  // changed. A crash in between leaves the device without our mount, and unstage still says busy as long as it lives.
  static Status take_down(const std::string& volume_id, const kit::MountTable& table, const kit::MountEntry& entry) {
    if (const auto* publication = kit::published_from(table, entry))
      return fail(Code::busy, "cannot unstage volume '{}': it is still published at '{}'", volume_id,
                  publication->point);
    TRY(loops, kit::loops_of(image_name(volume_id)));
    TRY_STATUS(write_out(volume_id, entry.point, loops));
    UniqueFd held(::open(entry.source.c_str(), O_RDONLY | O_CLOEXEC));
    TRY_STATUS(kit::unmount(entry.point));
    if (auto gone = kit::wait_until_unmounted(entry.source, kReleasePatience); !gone) {
      TRY_STATUS(kit::mount_filesystem(entry.source, entry.type, entry.point));
      return fail_with(gone.error(), "cannot unstage volume '{}'", volume_id);
    }
    held.reset();
    for (const auto& loop : loops) flush(loop.backing_file);
    return {};
  }

  // While the stage still stands, so that what the storage does not take is not let go of as if it had. A filesystem
  // that was shut down has nothing more to write.
  static Status write_out(const std::string& volume_id, const std::string& point,
                          const std::vector<kit::AttachedLoop>& loops) {
    UniqueFd top(::open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (top) (void)::syncfs(top.get());
    top.reset();
    for (const auto& loop : loops) {
      UniqueFd fd(::open(loop.backing_file.c_str(), O_RDONLY | O_CLOEXEC));
      if (fd && ::fsync(fd.get()) != 0)
        return fail(Code::unavailable,
                    "cannot unstage volume '{}': its last writes do not reach '{}': {}; see to that "
                    "storage",
                    volume_id, loop.backing_file, errno_text(errno));
    }
    return {};
  }

  // The next node must find everything: also what the storage's client would keep in memory after the device is gone.
  static void flush(const std::string& image) {
    UniqueFd fd(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd && ::fsync(fd.get()) != 0)
      log::error("cannot write an image to disk image={} error=\"{}\"", image, errno_text(errno));
  }
};

}  // namespace

std::unique_ptr<NodeHalf> make_node_half() {
  return std::make_unique<LoopNode>();
}

}  // namespace polly::drivers::loop
