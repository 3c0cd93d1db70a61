#include "cli/explain/explain.h"

#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/refusals.h"

namespace polly::cli {
namespace {

Colour colour_of(Finding::Verdict verdict) {
  switch (verdict) {
    case Finding::Verdict::pass:
      return Colour::green;
    case Finding::Verdict::skip:
      return Colour::plain;
    case Finding::Verdict::wait:
      return Colour::yellow;
    case Finding::Verdict::refuse:
      return Colour::red;
  }
  return Colour::plain;
}

Status print_rules(const Context& context, const Json& answer) {
  TRY_STATUS(list_in(answer, "rules"));
  auto findings = findings_from_json(answer["rules"]);
  if (!findings) return fail(Code::corrupt, "cannot read the coordinator's answer: {}", findings.error().message);
  Table table({"RULE", "VERDICT", "WHY"});
  for (const auto& finding : *findings)
    table.add({finding.rule, {std::string(to_string(finding.verdict)), colour_of(finding.verdict)}, finding.text});
  table.print(context);
  return {};
}

std::string where(const MountQuestion& question) {
  return question.node.empty() ? "on whichever node" : fmt::format("on node '{}'", question.node);
}

}  // namespace

Status explain_mount(const Context& context, const MountQuestion& question) {
  auto body = Json::object()
                  .set("volume", question.volume)
                  .set("service", question.service)
                  .set("node", question.node)
                  .set("read_only", question.read_only);
  TRY(answer, change(context, "POST", "/v1/explain", body));
  if (context.json) {
    print_json(context, answer);
  } else {
    TRY_STATUS(print_rules(context, answer));
  }
  const auto& verdict = answer["verdict"].as_string();
  if (verdict == "allow") {
    if (!context.json)
      say(context, fmt::format("{} may {} volume '{}' {}", question.service,
                               answer["access"].as_string() == "ro" ? "read" : "read and write", question.volume,
                               where(question)));
    return {};
  }
  auto code = verdict == "wait" ? Code::busy : Code::refused;
  return fail(code, "{} {} volume '{}' {}: {}; {}", question.service,
              code == Code::busy ? "would wait for" : "may not mount", question.volume, where(question),
              answer["reason"].as_string(), answer["cure"].as_string());
}

Status explain_refusal(const Context& context, const std::string& id) {
  TRY(answer, ask(context, "/v1/refusals/" + http::encode_segment(id)));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  auto refusal = refusal_from_json(answer);
  if (!refusal) return fail(Code::corrupt, "cannot read the coordinator's answer: {}", refusal.error().message);
  Sheet sheet;
  sheet.add("refusal", {refusal->id, Colour::bold});
  sheet.add("volume", refusal->volume);
  sheet.add("service", refusal->service.empty() ? "could not be told" : refusal->service);
  sheet.add("node", refusal->node);
  sheet.add("first", when_text(refusal->first));
  if (refusal->count > 1) sheet.add("last", when_text(refusal->last));
  sheet.add("times", std::to_string(refusal->count));
  sheet.add("answer", {refusal->message, Colour::red});
  sheet.add("cure", refusal->cure);
  sheet.print(context);
  return print_rules(context, answer);
}

}  // namespace polly::cli
