// Which mounts of a stack would be refused, before it is deployed.
#include <algorithm>
#include <set>

#include "base/files.h"
#include "cli/explain/compose.h"
#include "cli/explain/explain.h"
#include "cli/print.h"
#include "cli/remote.h"

namespace polly::cli {
namespace {

// A plugin's name may bear a tag and a registry: "10.0.0.1:5000/acme/polly:latest".
bool is_polly(const std::string& driver) {
  auto name = driver.substr(driver.rfind('/') == std::string::npos ? 0 : driver.rfind('/') + 1);
  return name.substr(0, name.find(':')) == "polly";
}

struct Told {
  StackMount mount;
  // "allow", "wait", "refuse"; "missing": nothing makes it; "unknown": its name is; "other": not a volume of Polly's
  std::string verdict;
  std::string text;
  std::string cure{};
  std::string first_owner{};  // of a volume that its first use makes
  Json rules = Json::array();

  bool is_refused() const { return verdict == "refuse" || verdict == "missing" || verdict == "unknown"; }
};

class Stack {
 public:
  Stack(const Context& context, const StackQuestion& question, std::vector<StackMount> mounts)
      : context_(context), question_(question), mounts_(std::move(mounts)) {}

  Result<std::vector<Told>> tell() {
    std::vector<Told> all;
    for (const auto& mount : mounts_) {
      TRY(told, tell_one(mount));
      all.push_back(std::move(told));
    }
    return all;
  }

 private:
  std::string name_of(const std::string& service) const { return question_.scheduler + "/" + service; }

  Result<Told> tell_one(const StackMount& mount) {
    if (!mount.external && !is_polly(mount.driver))
      return Told{mount, "other",
                  fmt::format("a volume of the driver '{}'", mount.driver.empty() ? "local" : mount.driver)};
    if (mount.volume.find("{{") != std::string::npos)
      return Told{mount, "unknown", "its name is another for each task", "ask about each with `polly explain mount`"};
    auto body = Json::object()
                    .set("volume", mount.volume)
                    .set("service", name_of(mount.service))
                    .set("read_only", mount.read_only)
                    .set("class", mount.volume_class);
    TRY(answer, change(context_, "POST", "/v1/explain", body));
    TRY(rules, list_in(answer, "rules"));
    bool class_is_known = rules.empty() || rules.back()["rule"].as_string() != "class";
    if (!answer["exists"].as_bool() && class_is_known) return not_there(mount, answer);
    auto verdict = answer["verdict"].as_string();
    Told told{mount, verdict, answer["reason"].as_string(), answer["cure"].as_string()};
    told.rules = answer["rules"];
    if (verdict == "allow") {
      bool reads = answer["access"].as_string() == "ro";
      told.text =
          reads ? mount.read_only ? "for reading" : "for reading only: a write would fail" : "for reading and writing";
    }
    return told;
  }

  // Docker makes it for the first task. It belongs to that task's service, if no other service wants it as well.
  Told not_there(const StackMount& mount, const Json& answer) const {
    if (mount.external)
      return {mount, "missing", fmt::format("no volume '{}', and nothing makes an external one", mount.volume),
              fmt::format("make it before: `polly volume create {}`", mount.volume)};
    if (answer["default_access"].as_string() == "open")
      return {mount, "allow", "is not there yet: made at its first use, and open to every service"};
    std::set<std::string> services;
    for (const auto& other : mounts_)
      if (other.volume == mount.volume) services.insert(other.service);
    if (services.size() == 1) {
      Told told{mount, "allow",
                fmt::format("is not there yet: made at its first use, {} becomes its owner", name_of(mount.service))};
      told.first_owner = name_of(mount.service);
      return told;
    }
    return {mount, "refuse", "is not there yet, and of several services that mount it none becomes its owner",
            fmt::format("make it before: `polly volume create {0}`, `polly grant {0} --to {1}`", mount.volume,
                        name_of(mount.service))};
  }

  const Context& context_;
  const StackQuestion& question_;
  const std::vector<StackMount> mounts_;
};

Json to_json(const Told& told) {
  return Json::object()
      .set("service", told.mount.service)
      .set("volume", told.mount.volume)
      .set("target", told.mount.target)
      .set("read_only", told.mount.read_only)
      .set("line", told.mount.line)
      .set("verdict", told.verdict)
      .set("text", told.text)
      .set("cure", told.cure)
      .set("first_owner", told.first_owner)
      .set("rules", told.rules);
}

void print(const Context& context, const std::vector<Told>& all, bool refused) {
  if (context.json) {
    Json list = Json::array();
    for (const auto& told : all) list.push(to_json(told));
    print_json(context, Json::object().set("allowed", !refused).set("mounts", std::move(list)));
    return;
  }
  Table table({"SERVICE", "VOLUME", "AT", "VERDICT", "WHY"});
  for (const auto& told : all) {
    auto colour = told.is_refused() ? Colour::red : told.verdict == "wait" ? Colour::yellow : Colour::green;
    table.add({told.mount.service,
               told.mount.volume,
               told.mount.target,
               {told.verdict, told.verdict == "other" ? Colour::plain : colour},
               told.cure.empty() ? told.text : told.text + "; " + told.cure});
  }
  table.print(context);
}

}  // namespace

Status explain_stack(const Context& context, const StackQuestion& question) {
  TRY(text, files::read(question.file));
  auto mounts = mounts_in_compose(text, question.stack);
  if (!mounts) return fail_with(mounts.error(), "cannot read '{}' as a compose file", question.file);
  TRY(all, Stack(context, question, *std::move(mounts)).tell());
  auto refused = std::ranges::count_if(all, &Told::is_refused);
  print(context, all, refused != 0);
  if (refused == 0) return {};
  return fail(Code::refused, "{} of {} mounts in '{}' are not allowed", refused, all.size(), question.file);
}

}  // namespace polly::cli
