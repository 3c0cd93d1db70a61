#include "cli/grants.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/records.h"
#include "core/model/time.h"

namespace polly::cli {
namespace {

using http::encode_segment;

std::string grants_path(const std::string& volume) {
  return "/v1/volumes/" + encode_segment(volume) + "/grants";
}

std::string limits_text(const Grant& grant) {
  std::string text;
  if (grant.expires != 0) text += " until " + format_moment(grant.expires);
  if (!grant.pin.empty()) text += ", as long as its id is " + grant.pin;
  return text;
}

Cell expiry_cell(const Grant& grant, int64_t now) {
  bool over = grant.expires != 0 && grant.expires <= now;
  return {or_dash(format_moment(grant.expires)) + (over ? ", is over" : ""), over ? Colour::yellow : Colour::plain};
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

Status grant(const Context& context, const GrantWishes& wishes) {
  if (auto pattern = ServicePattern::parse(wishes.to); !pattern)
    return fail_with(pattern.error(), "cannot grant volume '{}'", wishes.volume);
  auto access = wishes.read_only ? Access::read_only : Access::read_write;
  auto body = Json::object().set("to", wishes.to).set("access", to_string(access));
  if (!wishes.expires.empty()) body.set("expires", wishes.expires);
  if (wishes.pin) body.set("pin", true);
  TRY(answer, change(context, "POST", grants_path(wishes.volume), body));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  TRY(volume, volume_in(answer));
  auto text =
      fmt::format("{} may {} volume '{}'", wishes.to, wishes.read_only ? "read" : "read and write", wishes.volume);
  for (const auto& given : volume.grants)
    if (given.to.text == wishes.to) text += limits_text(given);
  say(context, text);
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
  Table table({"TO", "ACCESS", "GIVEN", "BY", "EXPIRES", "PIN"});
  for (const auto& given : volume.grants)
    table.add({given.to.text, std::string(to_string(given.access)), or_dash(ago_text(given.given, now)),
               or_dash(given.by), expiry_cell(given, now), or_dash(given.pin)});
  table.print(context);
  return {};
}

}  // namespace polly::cli
