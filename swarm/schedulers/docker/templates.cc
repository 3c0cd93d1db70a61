#include "swarm/schedulers/docker/templates.h"

#include <algorithm>
#include <string_view>

namespace polly::swarm::docker {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// index .Service.Labels "team"
Result<std::string> label(std::string_view expression, const TemplateFacts& facts) {
  constexpr std::string_view head = "index .Service.Labels";
  auto key = trimmed(expression.substr(std::min(expression.size(), head.size())));
  bool quoted = expression.substr(0, head.size()) == head && key.size() >= 2 && key.front() == '"' &&
                key.back() == '"' && key.substr(1, key.size() - 2).find_first_of("\"\\") == std::string_view::npos;
  if (!quoted) return fail(Code::unsupported, "Polly does not expand the template {{{{{}}}}}", expression);
  auto found = facts.service_labels.find(std::string(key.substr(1, key.size() - 2)));
  return found == facts.service_labels.end() ? "" : found->second;
}

Result<std::string> value_of(std::string_view expression, const TemplateFacts& facts) {
  const std::map<std::string_view, const std::string*> fields = {
      {".Service.ID", &facts.service_id},    {".Service.Name", &facts.service_name},
      {".Node.ID", &facts.node_id},          {".Node.Hostname", &facts.node_hostname},
      {".Node.Platform.OS", &facts.node_os}, {".Node.Platform.Architecture", &facts.node_architecture},
      {".Task.ID", &facts.task_id},          {".Task.Name", &facts.task_name},
      {".Task.Slot", &facts.task_slot},
  };
  auto field = fields.find(expression);
  if (field != fields.end()) return *field->second;
  return label(expression, facts);
}

}  // namespace

Result<std::string> expand(const std::string& text, const TemplateFacts& facts) {
  std::string out;
  size_t at = 0;
  while (true) {
    auto open = text.find("{{", at);
    if (open == std::string::npos) return out + text.substr(at);
    auto close = text.find("}}", open);
    if (close == std::string::npos) return fail(Code::unsupported, "the template in '{}' has no end", text);
    out += text.substr(at, open - at);
    TRY(value, value_of(trimmed(std::string_view(text).substr(open + 2, close - open - 2)), facts));
    out += value;
    at = close + 2;
  }
}

}  // namespace polly::swarm::docker
