// All there is to tell about one volume.
#include "cli/print.h"
#include "cli/remote.h"
#include "cli/volumes.h"
#include "core/codec/records.h"
#include "core/model/size.h"
#include "core/model/time.h"

namespace polly::cli {
namespace {

std::string by_text(const std::string& by) {
  return by.empty() ? "" : " by " + by;
}

std::string format_text(const Volume& volume) {
  if (volume.filesystem.empty()) return "";
  switch (volume.format.state) {
    case Format::State::never:
      return volume.filesystem + ", made at the first mount";
    case Format::State::formatting:
      return volume.filesystem + ", is being made";
    case Format::State::formatted:
      return fmt::format("{} {}", volume.filesystem, volume.format.uuid);
  }
  return volume.filesystem;
}

std::string access_text(const Volume& volume) {
  return fmt::format("{}, {} without a grant", to_string(volume.access_mode),
                     volume.default_access == DefaultAccess::open ? "for every service" : "for nobody");
}

std::string owner_text(const Volume& volume) {
  if (volume.permissions.empty() && volume.uid == 0 && volume.gid == 0) return "";
  return fmt::format("{}{}uid {}, gid {}", volume.permissions, volume.permissions.empty() ? "" : ", ", volume.uid,
                     volume.gid);
}

std::string holder_text(const Attachment& attachment) {
  auto text = fmt::format("{}, epoch {}", attachment.node, attachment.epoch.number);
  if (attachment.state == Attachment::State::attached) return text;
  return fmt::format("{} ({})", text, to_string(attachment.state));
}

std::string mount_text(const Mount& mount) {
  auto text = fmt::format("{} {}", mount.service.text(), to_string(mount.access));
  if (!mount.container.empty()) text += ", container " + mount.container.substr(0, 12);
  if (!mount.task.empty()) text += ", task " + mount.task;
  return mount.since == 0 ? text : text + ", since " + when_text(mount.since);
}

std::string grant_text(const Grant& grant) {
  auto text = fmt::format("{} {}{}", grant.to.text, to_string(grant.access), by_text(grant.by));
  if (grant.given != 0) text += ", " + when_text(grant.given);
  if (grant.expires != 0) text += ", until " + format_moment(grant.expires);
  return grant.pin.empty() ? text : text + ", pinned to " + grant.pin;
}

// Holders, each with its mounts, then the grants.
void add_use(Sheet& sheet, const Volume& volume) {
  if (volume.attachments.empty())
    sheet.add("holder", volume.epoch.number == 0 ? std::string("none, never attached yet")
                                                 : fmt::format("none, last epoch {}", volume.epoch.number));
  for (const auto& attachment : volume.attachments) {
    sheet.add("holder", holder_text(attachment));
    for (const auto& mount : attachment.mounts) sheet.add("  mount", mount_text(mount));
  }
  if (volume.grants.empty()) sheet.add("grants", "none");
  for (const auto& grant : volume.grants) sheet.add("grant", grant_text(grant));
}

Sheet describe(const Volume& volume) {
  Sheet sheet;
  sheet.add("volume", {volume.name, Colour::bold});
  sheet.add("id", volume.id);
  sheet.add("state", {std::string(to_string(volume.state)),
                      volume.state == Volume::State::ready ? Colour::green : Colour::yellow});
  if (!volume.operation.empty()) sheet.add("at work", "operation " + volume.operation);
  sheet.add("pool", volume.pool);
  sheet.add("class", volume.volume_class);
  if (volume.size != 0) sheet.add("size", format_size(volume.size));
  sheet.add("filesystem", format_text(volume));
  if (volume.origin != Origin::made) sheet.add("origin", std::string(to_string(volume.origin)));
  sheet.add("access", access_text(volume));
  sheet.add("top directory", owner_text(volume));
  sheet.add("made", when_text(volume.created) + by_text(volume.created_by));
  if (volume.trashed != 0) {
    sheet.add("removed", when_text(volume.trashed) + by_text(volume.trashed_by));
    sheet.add("kept until", time_text(volume.purge_after));
  }
  add_use(sheet, volume);
  return sheet;
}

}  // namespace

Status show_volume(const Context& context, const std::string& name) {
  TRY(answer, ask(context, "/v1/volumes/" + http::encode_segment(name)));
  TRY(volume, volume_in(answer));
  if (context.json) {
    print_json(context, answer);
  } else {
    describe(volume).print(context);
  }
  return {};
}

}  // namespace polly::cli
