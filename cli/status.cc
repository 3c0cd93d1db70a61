#include "cli/status.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/records.h"
#include "core/model/size.h"
#include "core/model/version.h"

namespace polly::cli {
namespace {

Cell nodes_cell(const Json& nodes) {
  std::string silent;
  size_t live = 0;
  for (const auto& node : nodes.as_array()) {
    if (node["live"].as_bool()) {
      ++live;
    } else {
      silent.append(silent.empty() ? "" : ", ").append(node["name"].as_string());
    }
  }
  auto text = fmt::format("{} of {} live", live, nodes.as_array().size());
  if (silent.empty()) return text;
  return {text + "; silent: " + silent, Colour::red};
}

Cell scheduler_cell(const Json& scheduler) {
  bool reachable = scheduler["reachable"].as_bool();
  auto text = fmt::format("{} ({}), {}", scheduler["name"].as_string(), scheduler["driver"].as_string(),
                          reachable ? "reachable" : "not reachable");
  if (const auto& detail = scheduler["detail"].as_string(); !detail.empty()) text += ": " + detail;
  return {text, reachable ? Colour::plain : Colour::red};
}

Sheet describe(const Json& status) {
  Sheet sheet;
  sheet.add("cluster", {status["cluster"].as_string(), Colour::bold});
  sheet.add("coordinator", fmt::format("polly {}, up {}", status["version"].as_string(),
                                       format_duration(Millis(status["uptime_ms"].as_int()))));
  sheet.add("pools", std::to_string(status["pools"].as_uint()));
  sheet.add("volumes", fmt::format("{}, and {} in the trash", status["volumes"].as_uint(), status["trash"].as_uint()));
  sheet.add("operations", fmt::format("{} at work", status["operations"].as_uint()));
  sheet.add("nodes", nodes_cell(status["nodes"]));
  for (const auto& scheduler : status["schedulers"].as_array()) sheet.add("scheduler", scheduler_cell(scheduler));
  return sheet;
}

// What happened again and again, just so, stands in one line.
std::string text_of(const Event& event) {
  auto text = event.text;
  if (!event.refusal.empty()) text += fmt::format(" (polly explain {})", event.refusal);
  if (event.count == 1) return text;
  return fmt::format("{} times, last {}: {}", event.count, time_text(event.last), text);
}

}  // namespace

Status show_status(const Context& context) {
  TRY(answer, ask(context, "/v1/status"));
  TRY_STATUS(list_in(answer, "nodes"));
  if (context.json) {
    print_json(context, answer);
  } else {
    describe(answer).print(context);
  }
  return {};
}

Status list_events(const Context& context, const std::string& volume, int limit) {
  auto path = fmt::format("/v1/events?limit={}", limit);
  if (!volume.empty()) path += "&subject=" + http::encode_segment("volume " + volume);
  TRY(answer, ask(context, path));
  TRY(events, list_in(answer, "events"));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  Table table({"AT", "KIND", "SUBJECT", "BY", "WHAT"});
  for (const auto& entry : events) {
    auto event = event_from_json(entry);
    if (!event) return fail(Code::corrupt, "cannot read the coordinator's answer: {}", event.error().message);
    bool bad = event->kind.ends_with(".refused") || event->kind.ends_with(".failed");
    table.add({time_text(event->at),
               {event->kind, bad ? Colour::red : Colour::plain},
               event->subject,
               or_dash(event->by),
               text_of(*event)});
  }
  table.print(context);
  return {};
}

Status show_version(const Context& context) {
  auto coordinator = ask(context, "/v1/version", Millis(5'000));  // a courtesy: nobody waits long for it
  if (context.json) {
    print_json(context,
               Json::object().set("version", version()).set("coordinator", coordinator ? *coordinator : Json()));
    return {};
  }
  say(context, fmt::format("polly {}", version()));
  if (coordinator)
    say(context, fmt::format("coordinator {} of cluster '{}', API {}", (*coordinator)["version"].as_string(),
                             (*coordinator)["cluster"].as_string(), (*coordinator)["api"].as_string()));
  return {};
}

}  // namespace polly::cli
