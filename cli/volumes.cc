#include "cli/volumes.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/claims.h"
#include "core/codec/records.h"
#include "core/model/name.h"
#include "core/model/size.h"

namespace polly::cli {
namespace {

using http::encode_segment;

std::string size_text(const Volume& volume) {
  return volume.size == 0 ? "-" : format_size(volume.size);
}

Cell state_cell(const Volume& volume) {
  auto name = std::string(to_string(volume.state));
  return {name, volume.state == Volume::State::ready ? Colour::green : Colour::yellow};
}

std::string holders(const Volume& volume) {
  std::string names;
  for (const auto& attachment : volume.attachments) names.append(names.empty() ? "" : ", ").append(attachment.node);
  return or_dash(names);
}

void print_live(const Context& context, const std::vector<Volume>& volumes) {
  Table table({"NAME", "POOL", "CLASS", "SIZE", "ACCESS", "STATE", "HOLDER", "MOUNTS"});
  for (const auto& volume : volumes) {
    size_t mounts = 0;
    for (const auto& attachment : volume.attachments) mounts += attachment.mounts.size();
    table.add({volume.name, volume.pool, or_dash(volume.volume_class), size_text(volume),
               std::string(to_string(volume.access_mode)), state_cell(volume), holders(volume),
               std::to_string(mounts)});
  }
  table.print(context);
}

void print_trash(const Context& context, const std::vector<Volume>& volumes) {
  auto now = system_clock().wall().count();
  Table table({"ID", "NAME", "POOL", "SIZE", "STATE", "REMOVED", "BY", "KEPT UNTIL"});
  for (const auto& volume : volumes)
    table.add({volume.id, volume.name, volume.pool, size_text(volume), state_cell(volume),
               or_dash(ago_text(volume.trashed, now)), or_dash(volume.trashed_by),
               or_dash(time_text(volume.purge_after))});
  table.print(context);
}

// What is wrong with the wishes in themselves is told without asking anybody.
Result<CreateVolume> request_of(const CreateWishes& wishes) {
  CreateVolume request;
  request.name = wishes.name;
  request.volume_class = wishes.volume_class;
  request.pool = wishes.pool;
  request.filesystem = wishes.filesystem;
  request.access_mode = wishes.access_mode;
  request.permissions = wishes.permissions;
  request.uid = wishes.uid;
  request.gid = wishes.gid;
  request.by = asker();
  TRY_STATUS(check_name("volume", wishes.name));
  if (!wishes.access_mode.empty()) TRY_STATUS(parse_access_mode(wishes.access_mode));
  if (wishes.size.empty()) return request;
  TRY(size, parse_size(wishes.size));
  if (size == 0)
    return fail(Code::invalid, "a size of 0 holds nothing; leave --size out for the class's or the default");
  request.size = size;
  return request;
}

std::string made_text(const Volume& volume) {
  auto text = fmt::format("volume '{}' is {}: {} in pool '{}'", volume.name, to_string(volume.state), size_text(volume),
                          volume.pool);
  if (!volume.filesystem.empty()) text += ", " + volume.filesystem;
  return text;
}

}  // namespace

Status list_volumes(const Context& context, bool trash) {
  TRY(answer, ask(context, trash ? "/v1/volumes?trash=1" : "/v1/volumes"));
  TRY(volumes, volumes_in(answer));
  if (context.json) {
    print_json(context, answer);
  } else if (trash) {
    print_trash(context, volumes);
  } else {
    print_live(context, volumes);
  }
  return {};
}

Status create_volume(const Context& context, const CreateWishes& wishes) {
  auto request = request_of(wishes);
  if (!request) return fail_with(request.error(), "cannot create volume '{}'", wishes.name);
  TRY(answer, change(context, "POST", "/v1/volumes", to_json(*request)));
  TRY(volume, volume_in(answer));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  say(context, made_text(volume));
  if (volume.grants.empty() && volume.default_access == DefaultAccess::closed)
    say(context, fmt::format("no service may use it yet: polly grant {} --to swarm/SERVICE", volume.name));
  return {};
}

Status remove_volume(const Context& context, const std::string& name) {
  TRY(answer, change(context, "DELETE", "/v1/volumes/" + encode_segment(name)));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  auto until = answer["purge_after"].as_int();
  say(context, fmt::format("volume '{}' is in the trash{}; bring it back with: polly volume restore {}", name,
                           until == 0 ? "" : " until " + time_text(until), name));
  return {};
}

Status purge_volume(const Context& context, const std::string& id) {
  TRY(answer, change(context, "DELETE", "/v1/trash/" + encode_segment(id)));
  if (context.json) {
    print_json(context, answer);
  } else {
    say(context, fmt::format("volume '{}' is destroyed", id));
  }
  return {};
}

Status release_volume(const Context& context, const std::string& name, const std::string& node, bool force) {
  Json body = Json::object().set("force", force);
  if (!node.empty()) body.set("node", node);
  TRY(answer, change(context, "POST", "/v1/volumes/" + encode_segment(name) + "/release", body));
  TRY(volume, volume_in(answer));
  if (context.json) {
    print_json(context, answer);
  } else {
    say(context, fmt::format("volume '{}' is taken from its node{}", volume.name,
                             volume.attachments.empty() ? ": the next mount can have it" : "; others still hold it"));
  }
  return {};
}

Status restore_volume(const Context& context, const std::string& which, const std::string& new_name) {
  Json body = Json::object();
  if (!new_name.empty()) body.set("name", new_name);
  TRY(answer, change(context, "POST", "/v1/trash/" + encode_segment(which) + "/restore", body));
  TRY(volume, volume_in(answer));
  if (context.json) {
    print_json(context, answer);
  } else {
    say(context, fmt::format("volume '{}' is back, with its data and its grants", volume.name));
  }
  return {};
}

}  // namespace polly::cli
