#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/files.h"
#include "base/log.h"
#include "base/system.h"
#include "drivers/directory/directory.h"
#include "drivers/kit/mount_table.h"
#include "drivers/kit/pool_directory.h"
#include "drivers/kit/remove_tree.h"

namespace polly::drivers::directory {
namespace {

constexpr std::string_view kRemoving = ".removing-";
constexpr std::chrono::seconds kRemovePatience{45};
constexpr std::chrono::seconds kSweepPatience{5};

Capabilities abilities() {
  Capabilities can;
  can.reach = Reach::cluster;
  can.fence = Fence::none;
  can.access_modes = {AccessMode::one_mount, AccessMode::one_node, AccessMode::one_writer_many_readers,
                      AccessMode::many_readers, AccessMode::many_writers};
  can.sizes = false;
  can.made_at_first_use = true;
  return can;
}

class DirectoryController : public Controller {
 public:
  explicit DirectoryController(kit::PoolDirectory pool) : pool_(std::move(pool)), can_(abilities()) {}

  const Capabilities& capabilities() const override { return can_; }

  Status check(const CreateRequest& request) const override {
    TRY_STATUS(check_request(request));
    return pool_.make_if(request.first);
  }

  // At the first attach, which may be long after check() has made the pool's own directory: when that is not there, its
  // storage is not mounted, and a volume made now would be on another disk.
  //
  // The label comes last: until it is there the volume is half made, and the next call goes on.
  Result<Created> create(const CreateRequest& request) override {
    TRY_STATUS(check_request(request));
    TRY_STATUS(pool_.check_made());
    std::string place = place_of(request.id);
    if (!files::exists(place + kLabel)) {
      if (auto made = make_volume(request, place); !made) {
        // What is empty is given back; a crash before leaves it to the next create or remove.
        ::rmdir((place + kData).c_str());
        ::rmdir(place.c_str());
        return fail(made.error());
      }
    }
    TRY_STATUS(check_ours(request.id, place));
    return Created{request.id, 0, "", ""};
  }

  Status remove(const std::string& platform_id) override {
    TRY_STATUS(kit::check_id(platform_id));
    TRY_STATUS(pool_.check_made());
    std::string place = place_of(platform_id);
    std::string leaving = std::string(kRemoving) + platform_id;
    if (files::exists(place)) {
      TRY_STATUS(check_removable(platform_id, place));
      TRY_STATUS(check_unused(platform_id, place));
      std::string target = pool_.directory() + "/" + leaving;
      // From here on it is gone for everybody; what a crash leaves of it bears the name of what is to be done.
      if (::rename(place.c_str(), target.c_str()) != 0) return failed("remove", place);
      TRY_STATUS(files::sync_directory(pool_.directory()));
    }
    return kit::remove_tree(pool_.directory(), leaving, kRemovePatience);
  }

  Result<PublishContext> attach(const AttachRequest& request) override {
    TRY_STATUS(kit::check_id(request.platform_id));
    TRY_STATUS(pool_.check_made());
    std::string place = place_of(request.platform_id);
    if (!files::exists(place + kLabel))
      return fail(Code::not_found, "cannot attach volume '{}': '{}' is not there", request.platform_id, place);
    TRY_STATUS(check_ours(request.platform_id, place));
    return Json::object().set("path", place).set("cluster", pool_.cluster());
  }

  Status detach(const std::string& platform_id, const std::string&) override { return kit::check_id(platform_id); }

  Result<std::vector<Found>> list() override {
    TRY_STATUS(pool_.check());
    std::vector<Found> found;
    if (!files::exists(pool_.directory())) return found;
    TRY(names, files::list(pool_.directory()));
    for (const auto& name : names) {
      if (name.starts_with(kRemoving)) sweep(name);
      if (!kit::check_id(name)) continue;
      auto label = kit::read_label(place_of(name) + kLabel);
      if (label && label->cluster == pool_.cluster() && label->id == name)
        found.push_back({name, name, label->name, 0});
    }
    return found;
  }

  Result<Capacity> capacity() override { return pool_.capacity(); }

 private:
  Status check_request(const CreateRequest& request) const {
    TRY_STATUS(kit::check_id(request.id));
    if (!request.filesystem.empty())
      return fail(Code::invalid,
                  "cannot make volume '{}' with filesystem '{}': pool '{}' keeps directories, which have none of their "
                  "own; leave fs out",
                  request.name, request.filesystem, pool_.pool());
    return {};
  }

  std::string place_of(const std::string& id) const { return pool_.directory() + "/" + id; }

  static tl::unexpected<Error> failed(std::string_view what, const std::string& path) {
    int error = errno;
    return fail(errno_code(error), "cannot {} '{}': {}", what, path, errno_text(error));
  }

  Status make_volume(const CreateRequest& request, const std::string& place) const {
    TRY_STATUS(make_directory(place));
    TRY_STATUS(make_directory(place + kData));
    TRY_STATUS(kit::write_label(place + kLabel, {pool_.cluster(), request.id, request.name, 0, ""}));
    return files::sync_directory(pool_.directory());
  }

  static Status make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
    return failed("make directory", path);
  }

  Status check_ours(const std::string& id, const std::string& place) const {
    TRY(label, kit::read_label(place + kLabel));
    if (label.id == id && label.cluster == pool_.cluster()) return {};
    return fail(Code::refused, "cannot use '{}': it is labelled as volume '{}' of cluster '{}', not '{}' of '{}'",
                place, label.id, label.cluster, id, pool_.cluster());
  }

  // Half made is ours to remove as long as nobody could have written into it.
  Status check_removable(const std::string& id, const std::string& place) const {
    if (files::exists(place + kLabel)) return check_ours(id, place);
    TRY(names, files::list(place));
    for (const auto& name : names) {
      if ("/" + name == kData && files::list(place + kData).value_or(std::vector<std::string>{""}).empty()) continue;
      return fail(Code::refused, "cannot remove '{}': it has no label, so it may not be ours; look at it by hand",
                  place);
    }
    return {};
  }

  // As far as it can be seen from here: other machines' mounts, and those of containers, are the coordinator's to know.
  Status check_unused(const std::string& id, const std::string& place) const {
    TRY(canonical, kit::canonical_path(place));
    TRY(table, kit::MountTable::read());
    std::string end = fmt::format("/{}/{}", pool_.cluster(), id);
    for (const auto& entry : table.entries()) {
      bool inside = entry.point.starts_with(canonical + "/");
      if (inside || entry.root.ends_with(end) || entry.root.ends_with(end + kData))
        return fail(Code::busy, "cannot remove '{}': {} '{}'; unmount it first", place,
                    inside ? "something is mounted in it, at" : "it is mounted at", entry.point);
    }
    return {};
  }

  void sweep(const std::string& name) {
    if (auto removed = kit::remove_tree(pool_.directory(), name, kSweepPatience); !removed)
      log::warn("cannot finish a removal pool={} error=\"{}\"", pool_.pool(), removed.error().message);
  }

  kit::PoolDirectory pool_;
  Capabilities can_;
};

}  // namespace

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options) {
  Reader reader(options.settings, fmt::format("cannot use pool '{}' with driver 'directory'", options.pool));
  auto pool = kit::PoolDirectory::from_settings(reader, options);
  TRY_STATUS(reader.finish());
  return std::make_unique<DirectoryController>(std::move(pool));
}

}  // namespace polly::drivers::directory
