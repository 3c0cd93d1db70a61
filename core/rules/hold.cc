#include "core/rules/hold.h"

namespace polly {
namespace {

// Whether an existing mount and a wanted one exclude each other.
bool exclude_each_other(AccessMode mode, const Mount& mount, bool same_node, Access wanted) {
  switch (mode) {
    case AccessMode::one_mount:
      return true;
    case AccessMode::one_node:
      return !same_node;
    case AccessMode::one_writer_many_readers:
      return wanted == Access::read_write && mount.access == Access::read_write;
    case AccessMode::many_readers:
    case AccessMode::many_writers:
      return false;
  }
  return true;
}

// Whether an attachment without mounts is in the way: it still reaches the volume.
bool attachment_excludes(AccessMode mode, const Attachment& attachment, bool same_node) {
  bool one_place = mode == AccessMode::one_mount || mode == AccessMode::one_node;
  return one_place && !same_node && attachment.mounts.empty();
}

}  // namespace

Access allowed_by_mode(AccessMode mode, Access wanted) {
  return mode == AccessMode::many_readers ? Access::read_only : wanted;
}

std::optional<Conflict> find_conflict(const Volume& volume, const std::string& node, Access access) {
  for (const auto& attachment : volume.attachments) {
    bool same_node = attachment.node == node;
    for (const auto& mount : attachment.mounts)
      if (exclude_each_other(volume.access_mode, mount, same_node, access))
        return Conflict{attachment.node, &mount, false};
    if (attachment_excludes(volume.access_mode, attachment, same_node))
      return Conflict{attachment.node, nullptr, attachment.state == Attachment::State::detaching};
  }
  return std::nullopt;
}

}  // namespace polly
