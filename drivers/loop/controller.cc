#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "core/model/size.h"
#include "drivers/kit/mkfs.h"
#include "drivers/kit/pool_directory.h"
#include "drivers/loop/image.h"
#include "drivers/loop/loop.h"

namespace polly::drivers::loop {
namespace {

constexpr uint64_t kDefaultSize = 1ULL << 30;
constexpr uint64_t kGreatestSize = 1ULL << 50;  // more than any filesystem here holds in one file

Capabilities abilities() {
  Capabilities can;
  can.reach = Reach::cluster;
  can.fence = Fence::none;
  can.access_modes = {AccessMode::one_mount, AccessMode::one_node};
  can.filesystems = kit::known_filesystems();
  return can;
}

Result<Provisioning> parse_provisioning(std::string_view text) {
  if (text == "thick") return Provisioning::thick;
  if (text == "thin") return Provisioning::thin;
  return fail(Code::invalid, "'{}' is neither thick nor thin", text);
}

std::string filesystem_of(const CreateRequest& request) {
  return request.filesystem.empty() ? "ext4" : request.filesystem;
}

uint64_t size_of(const CreateRequest& request) {
  uint64_t size = request.size == 0 ? kDefaultSize : request.size;
  return (size + kBlock - 1) / kBlock * kBlock;
}

class LoopController : public Controller {
 public:
  LoopController(kit::PoolDirectory pool, Provisioning provisioning)
      : pool_(std::move(pool)), provisioning_(provisioning), can_(abilities()) {}

  const Capabilities& capabilities() const override { return can_; }

  Status check(const CreateRequest& request) const override {
    TRY_STATUS(kit::check_id(request.id));
    std::string filesystem = filesystem_of(request);
    if (can_.filesystems.count(filesystem) == 0)
      return fail(Code::invalid, "cannot make volume '{}' with filesystem '{}': pool '{}' knows ext4 and xfs",
                  request.name, filesystem, pool_.pool());
    if (request.size > kGreatestSize)
      return fail(Code::invalid, "cannot make volume '{}' with {}: pool '{}' makes at most {}", request.name,
                  format_size(request.size), pool_.pool(), format_size(kGreatestSize));
    uint64_t minimum = kit::minimum_size(filesystem);
    if (size_of(request) >= minimum) return pool_.make_if(request.first);
    return fail(Code::invalid, "cannot make volume '{}' with {}: {} needs at least {} ({} bytes)", request.name,
                format_size(request.size), filesystem, format_size(minimum), minimum);
  }

  // The label stands before the image does, so that there is never an image that nobody owns.
  Result<Created> create(const CreateRequest& request) override {
    TRY_STATUS(check(request));
    kit::Label wanted{pool_.cluster(), request.id, request.name, size_of(request), filesystem_of(request)};
    if (files::exists(image_of(request.id))) return as_it_is(wanted);
    TRY_STATUS(kit::write_label(label_of(request.id), wanted));
    if (auto made = make_image(pool_.directory(), request.id, wanted.size, provisioning_); !made) {
      TRY_STATUS(files::remove(label_of(request.id)));
      return fail(made.error());
    }
    return Created{request.id, wanted.size, wanted.filesystem, request.id};
  }

  Status remove(const std::string& platform_id) override {
    TRY_STATUS(kit::check_id(platform_id));
    TRY_STATUS(pool_.check_made());
    if (files::exists(image_of(platform_id))) {
      TRY_STATUS(check_ours(platform_id));
      TRY_STATUS(check_unused(platform_id));
      TRY_STATUS(files::remove(image_of(platform_id)));
    }
    TRY_STATUS(files::remove(label_of(platform_id)));
    return files::sync_directory(pool_.directory());
  }

  Result<PublishContext> attach(const AttachRequest& request) override {
    TRY_STATUS(kit::check_id(request.platform_id));
    TRY_STATUS(pool_.check_made());
    std::string image = image_of(request.platform_id);
    if (!files::exists(image))
      return fail(Code::not_found, "cannot attach volume '{}': image '{}' is not there", request.platform_id, image);
    TRY_STATUS(check_ours(request.platform_id));
    return Json::object().set("image", image);
  }

  // The loop device is the node's: it is gone when the node half has unstaged.
  Status detach(const std::string& platform_id, const std::string&) override { return kit::check_id(platform_id); }

  Result<std::vector<Found>> list() override {
    TRY_STATUS(pool_.check());
    std::vector<Found> found;
    if (!files::exists(pool_.directory())) return found;
    sweep_images(pool_.directory());
    TRY(names, files::list(pool_.directory()));
    for (const auto& name : names) {
      if (!name.ends_with(kImage)) continue;
      std::string id = name.substr(0, name.size() - kImage.size());
      if (!kit::check_id(id) || !check_ours(id)) continue;
      auto label = kit::read_label(label_of(id));
      found.push_back({id, id, label ? label->name : "", image_size(id)});
    }
    return found;
  }

  Result<Capacity> capacity() override {
    TRY(capacity, pool_.capacity());
    if (!pool_.limit()) return capacity;
    TRY(images, list());
    uint64_t promised = 0;
    for (const auto& image : images) promised += image.size;
    uint64_t left = *pool_.limit() - std::min(*pool_.limit(), promised);
    // Thin images may promise more than there is: that is what the limit is for.
    capacity.free = provisioning_ == Provisioning::thin ? left : std::min(capacity.free, left);
    return capacity;
  }

 private:
  std::string image_of(const std::string& id) const { return fmt::format("{}/{}{}", pool_.directory(), id, kImage); }
  std::string label_of(const std::string& id) const { return fmt::format("{}/{}.json", pool_.directory(), id); }

  uint64_t image_size(const std::string& id) const {
    struct stat status {};
    return ::stat(image_of(id).c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
  }

  Result<Created> as_it_is(const kit::Label& wanted) const {
    TRY_STATUS(check_ours(wanted.id));
    TRY(label, kit::read_label(label_of(wanted.id)));
    uint64_t size = image_size(wanted.id);
    if (size == wanted.size && label.filesystem == wanted.filesystem)
      return Created{wanted.id, size, wanted.filesystem, wanted.id};
    return fail(Code::exists, "cannot make volume '{}' with {} and {}: its image is there already, with {} and {}",
                wanted.name, format_size(wanted.size), wanted.filesystem, format_size(size), label.filesystem);
  }

  Status check_ours(const std::string& id) const {
    if (!files::exists(label_of(id)))
      return fail(Code::refused, "cannot use image '{}': it has no label, so it may not be ours; look at it by hand",
                  image_of(id));
    TRY(label, kit::read_label(label_of(id)));
    if (label.id == id && label.cluster == pool_.cluster()) return {};
    return fail(Code::refused, "cannot use image '{}': it is labelled as volume '{}' of cluster '{}', not of '{}'",
                image_of(id), label.id, label.cluster, pool_.cluster());
  }

  // A loop device somewhere holds the lock of an attached image. Where the storage has no locks, nothing is known.
  Status check_unused(const std::string& id) const {
    UniqueFd fd(::open(image_of(id).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return {};
    return fail(Code::busy, "cannot remove image '{}': a loop device still has it; unmount the volume first",
                image_of(id));
  }

  kit::PoolDirectory pool_;
  Provisioning provisioning_;
  Capabilities can_;
};

}  // namespace

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options) {
  Reader reader(options.settings, fmt::format("cannot use pool '{}' with driver 'loop'", options.pool));
  auto pool = kit::PoolDirectory::from_settings(reader, options);
  auto provisioning = reader.parsed("provisioning", parse_provisioning, Provisioning::thick);
  TRY_STATUS(reader.finish());
  return std::make_unique<LoopController>(std::move(pool), provisioning);
}

}  // namespace polly::drivers::loop
