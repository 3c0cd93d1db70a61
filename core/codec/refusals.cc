#include "core/codec/refusals.h"

#include "core/codec/names.h"
#include "core/codec/reader.h"

namespace polly {
namespace {

constexpr Names<Finding::Verdict, 4> finding_verdicts = {{{
    {Finding::Verdict::pass, "pass"},
    {Finding::Verdict::skip, "skip"},
    {Finding::Verdict::wait, "wait"},
    {Finding::Verdict::refuse, "refuse"},
}}};

Result<Finding> finding_from_json(const Json& json) {
  Reader reader(json, "rule");
  reader.ignore_rest();
  Finding finding;
  finding.rule = reader.string("rule");
  finding.verdict = finding_verdicts.read(reader, "verdict");
  finding.text = reader.optional_string("text");
  if (reader.has("facts")) finding.facts = reader.object("facts");
  TRY_STATUS(reader.finish());
  return finding;
}

// A service by its whole name; a pattern names none.
Result<Service> parse_service(std::string_view text) {
  TRY(pattern, ServicePattern::parse(text));
  if (auto service = pattern.one_service()) return *std::move(service);
  auto slash = text.find('/');
  auto at = text.find('@');
  if (text.find('*') != std::string_view::npos || text.substr(slash + 1, at - slash - 1) != "-")
    return fail(Code::invalid, "'{}' is a pattern; name one service, such as swarm/db", text.substr(0, 100));
  auto node = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return Service{std::string(text.substr(0, slash)), "-", std::string(node)};
}

// Containers outside services run on a node that is known.
void settle_node(Reader& reader, Question& question) {
  if (question.service.name != "-") return;
  if (question.node.empty()) question.node = question.service.node;
  if (question.service.node.empty()) question.service.node = question.node;
  if (question.node.empty()) {
    reader.complain("node", fmt::format("is missing: {} is a container outside services; name the node it runs on",
                                        question.service.text()));
  } else if (question.node != question.service.node) {
    reader.complain("node", fmt::format("'{}' is not where {} runs", question.node, question.service.text()));
  }
}

}  // namespace

std::string_view to_string(Finding::Verdict verdict) {
  return finding_verdicts.name(verdict);
}

Json to_json(const Question& question) {
  return Json::object()
      .set("volume", question.volume)
      .set("service", question.service.text())
      .set("node", question.node)
      .set("read_only", question.wanted == Access::read_only)
      .set("class", question.volume_class);
}

Result<Question> question_from_json(const Json& json) {
  Reader reader(json, "cannot explain");
  Question question;
  question.volume = reader.string("volume");
  question.service = reader.required<Service>("service", parse_service);
  question.node = reader.optional_string("node");
  question.wanted = reader.optional_bool("read_only", false) ? Access::read_only : Access::read_write;
  question.volume_class = reader.optional_string("class");
  if (!question.service.name.empty()) settle_node(reader, question);
  TRY_STATUS(reader.finish());
  return question;
}

Json to_json(const Finding& finding) {
  return Json::object()
      .set("rule", finding.rule)
      .set("verdict", to_string(finding.verdict))
      .set("text", finding.text)
      .set("facts", finding.facts);
}

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const auto& finding : findings) list.push(to_json(finding));
  return list;
}

Result<std::vector<Finding>> findings_from_json(const Json& json) {
  std::vector<Finding> findings;
  for (const auto& element : json.as_array()) {
    TRY(finding, finding_from_json(element));
    findings.push_back(std::move(finding));
  }
  return findings;
}

Json to_json(const Refusal& refusal) {
  return Json::object()
      .set("id", refusal.id)
      .set("verdict", "refuse")
      .set("volume", refusal.volume)
      .set("service", refusal.service)
      .set("node", refusal.node)
      .set("code", code_name(refusal.code))
      .set("message", refusal.message)
      .set("reason", refusal.reason)
      .set("rules", to_json(refusal.findings))
      .set("cure", refusal.cure)
      .set("first", refusal.first)
      .set("last", refusal.last)
      .set("count", refusal.count)
      .set("event", refusal.event);
}

Result<Refusal> refusal_from_json(const Json& json) {
  Reader reader(json, "refusal");
  reader.ignore_rest();
  Refusal refusal;
  refusal.id = reader.string("id");
  refusal.volume = reader.string("volume");
  refusal.service = reader.optional_string("service");
  refusal.node = reader.optional_string("node");
  refusal.code = reader.required<Code>("code", code_from_name);
  refusal.message = reader.string("message");
  refusal.reason = reader.optional_string("reason");
  TRY(findings, findings_from_json(reader.array("rules")));
  refusal.findings = std::move(findings);
  refusal.cure = reader.optional_string("cure");
  refusal.first = reader.integer("first");
  refusal.last = reader.optional_integer("last", refusal.first);
  refusal.count = reader.optional_integer("count", 1);
  refusal.event = reader.optional_string("event");
  TRY_STATUS(reader.finish());
  return refusal;
}

}  // namespace polly
