#include "cli/grants.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/records.h"

namespace polly::cli {
namespace {

using http::encode_segment;

std::string grants_path(const std::string& volume) {
  return "/v1/volumes/" + encode_segment(volume) + "/grants";
}

// A grant taken away ends no mount: whoever has the volume mounted keeps it until the container ends.
void tell_still_mounted(const Context& context, const Json& answer) {
  for (const auto& entry : answer["still_mounted"].as_array()) {
    auto mount = mount_from_json(entry);
    if (!mount) continue;
    say(context,
        fmt::format("still mounted by {} on {}, container {}: until that container ends", mount->service.text(),
                    entry["node"].as_string(), or_dash(mount->container.substr(0, 12))));
  }
}

}  // namespace

Status grant(const Context& context, const std::string& volume, const std::string& to, bool read_only) {
  if (auto pattern = ServicePattern::parse(to); !pattern)
    return fail_with(pattern.error(), "cannot grant volume '{}'", volume);
  auto access = read_only ? Access::read_only : Access::read_write;
  auto body = Json::object().set("to", to).set("access", to_string(access));
  TRY(answer, change(context, "POST", grants_path(volume), body));
  if (context.json) {
    print_json(context, answer);
  } else {
    say(context, fmt::format("{} may {} volume '{}'", to, read_only ? "read" : "read and write", volume));
  }
  return {};
}

Status revoke(const Context& context, const std::string& volume, const std::string& from) {
  if (auto pattern = ServicePattern::parse(from); !pattern)
    return fail_with(pattern.error(), "cannot revoke from volume '{}'", volume);
  TRY(answer, change(context, "DELETE", grants_path(volume) + "?to=" + encode_segment(from)));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  say(context, fmt::format("{} has no grant on volume '{}' any more", from, volume));
  tell_still_mounted(context, answer);
  return {};
}

Status list_grants(const Context& context, const std::string& name) {
  TRY(answer, ask(context, "/v1/volumes/" + encode_segment(name)));
  TRY(volume, volume_in(answer));
  if (context.json) {
    print_json(context, Json::object().set("grants", answer["grants"]));
    return {};
  }
  if (volume.default_access == DefaultAccess::open)
    say(context, fmt::format("volume '{}' is open: every service may use it, with or without a grant", name));
  auto now = system_clock().wall().count();
  Table table({"TO", "ACCESS", "GIVEN", "BY"});
  for (const auto& given : volume.grants)
    table.add(
        {given.to.text, std::string(to_string(given.access)), or_dash(ago_text(given.given, now)), or_dash(given.by)});
  table.print(context);
  return {};
}

}  // namespace polly::cli
