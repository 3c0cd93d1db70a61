#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/system.h"
#include "drivers/directory/directory.h"
#include "drivers/kit/mount.h"
#include "drivers/kit/pool_directory.h"
#include "drivers/kit/top_directory.h"

namespace polly::drivers::directory {
namespace {

// The stage is a bind of the volume's directory at <directory>/fs. It holds the shared storage mounted, and the mount
// table can tell of it after a crash. Other nodes may have the same directory: only this namespace's mounts are looked
// at.
class DirectoryNode : public NodeHalf {
 public:
  Result<Staged> stage(const StageRequest& request, FormatGate&) override {
    TRY(found, find(request.volume_id, request.directory));
    if (!found.path.empty()) return found;
    TRY_STATUS(kit::check_owner(request));
    const std::string& place = request.context["path"].as_string();
    TRY_STATUS(check_place(request, place));
    TRY_STATUS(give_to_owner(request, place));
    std::string point = kit::stage_point(request.directory);
    TRY_STATUS(kit::make_mount_point(point));
    TRY_STATUS(kit::bind_mount(place, point));
    return Staged{kit::data_path(request.directory), ""};
  }

  Status unstage(const std::string& volume_id, const std::string& directory) override {
    TRY(table, kit::MountTable::read());
    TRY(entry, entry_of(table, volume_id, directory));
    if (entry != nullptr) {
      if (const auto* publication = kit::published_from(table, *entry))
        return fail(Code::busy, "cannot unstage volume '{}': it is still published at '{}'", volume_id,
                    publication->point);
      TRY_STATUS(kit::unmount(entry->point));
    }
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
    return entry == nullptr ? Staged{} : Staged{kit::data_path(directory), ""};
  }

  Result<Usage> usage(const Staged& staged) override {
    return fail(Code::unsupported, "cannot tell how much is in '{}': directories are not measured", staged.path);
  }

 private:
  // The mount at the stage point, or null. `busy` when it is not this volume's.
  static Result<const kit::MountEntry*> entry_of(const kit::MountTable& table, const std::string& volume_id,
                                                 const std::string& directory) {
    auto point = kit::canonical_path(kit::stage_point(directory));
    if (!point && point.error().code == Code::not_found) return nullptr;
    if (!point) return fail(point.error());
    const kit::MountEntry* entry = table.at(*point);
    if (entry == nullptr) return nullptr;
    std::string_view root = entry->root;
    if (root.ends_with("//deleted")) root.remove_suffix(9);
    if (root.ends_with(volume_id)) return entry;  // with .removing- before it, if somebody removed it meanwhile
    return fail(Code::busy, "cannot use '{}' for volume '{}': '{}' of {} is mounted there", *point, volume_id,
                entry->root, entry->source);
  }

  static Status check_place(const StageRequest& request, const std::string& place) {
    auto label = kit::read_label(place + kLabel);
    if (!label && label.error().code == Code::not_found)
      return fail(Code::unavailable,
                  "cannot stage volume '{}': '{}' is not there; mount the shared storage of its pool on this node",
                  request.volume_id, place);
    if (!label) return fail(label.error());
    if (label->id == request.volume_id && label->cluster == request.context["cluster"].as_string()) return {};
    return fail(Code::corrupt, "cannot stage volume '{}': '{}' is labelled as volume '{}' of cluster '{}'",
                request.volume_id, place, label->id, label->cluster);
  }

  // Once: later the containers may have changed it. Two nodes may do it at once, to the same end.
  static Status give_to_owner(const StageRequest& request, const std::string& place) {
    if (files::exists(place + kOwned)) return {};
    TRY_STATUS(kit::set_owner(place + kData, request));
    return files::write_atomically(place + kOwned, "");
  }
};

}  // namespace

std::unique_ptr<NodeHalf> make_node_half() {
  return std::make_unique<DirectoryNode>();
}

}  // namespace polly::drivers::directory
