#include "plugin/node/findings.h"

#include "base/files.h"
#include "base/json.h"
#include "base/log.h"

namespace polly::node {

void Findings::replace(const std::string& kind, std::vector<std::string> texts) {
  Lock lock(mutex_);
  auto known = findings_.find(kind);
  if (known == findings_.end() ? texts.empty() : known->second == texts) return;
  for (const auto& text : texts) log::warn("finding kind={}: {}", kind, text);
  if (texts.empty())
    findings_.erase(known);
  else
    findings_[kind] = std::move(texts);
  if (auto written = write(); !written) log::warn("cannot note findings: {}", written.error().message);
}

std::map<std::string, std::vector<std::string>> Findings::all() const {
  Lock lock(mutex_);
  return findings_;
}

Status Findings::write() const {
  Json list = Json::array();
  for (const auto& [kind, texts] : findings_)
    for (const auto& text : texts) list.push(Json::object().set("kind", kind).set("text", text));
  Json json;
  json.set("at", iso8601(clock_.wall())).set("findings", std::move(list));
  return files::write_atomically(file_, json.dump_pretty() + "\n", 0644);
}

}  // namespace polly::node
