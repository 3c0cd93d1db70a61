#include "cli/doctor/doctor.h"

#include "cli/config_check.h"
#include "cli/doctor/finding.h"
#include "cli/print.h"

namespace polly::cli {
namespace {

using doctor::Finding;

struct Check {
  std::string name;
  Finding finding;
};

std::string_view name_of(Finding::State state) {
  switch (state) {
    case Finding::State::ok:
      return "ok";
    case Finding::State::problem:
      return "problem";
    case Finding::State::skipped:
      return "skipped";
  }
  return "";
}

Finding check_configuration(const Context& context, NodeSettings& node) {
  auto file = read_config(context.config_file);
  if (!file) return doctor::problem(file.error().message, "polly install writes a commented one");
  if (auto good = check_settings(*file); !good)
    return doctor::problem(good.error().message, "polly config check " + context.config_file);
  if (!file->settings.node)
    return doctor::problem(context.config_file + " has no section 'node'",
                           "run polly doctor on a node, or add the section");
  node = *file->settings.node;
  return doctor::ok(context.config_file + " can be used");
}

std::vector<Check> examine_all(const Context& context) {
  NodeSettings node;
  auto places = doctor::Places::of_this_machine();
  std::vector<Check> checks;
  auto add = [&](std::string name, Finding finding) { checks.push_back({std::move(name), std::move(finding)}); };
  add("configuration", check_configuration(context, node));
  add("certificate", doctor::check_certificate(node));
  add("mount propagation", doctor::check_propagation(node, places));
  add("loop devices", doctor::check_loop_devices(places));
  add("mkfs.ext4", doctor::check_program("mkfs.ext4", "e2fsprogs", places));
  add("mkfs.xfs", doctor::check_program("mkfs.xfs", "xfsprogs", places));
  add("clock", doctor::check_clock());
  add("coordinator", doctor::check_coordinator(context));
  add("coordinator's clock", doctor::check_coordinator_clock(context));
  add("guard", doctor::check_guard(node));
  add("plugin", doctor::check_plugin(node));
  add("mounts", doctor::check_node_findings(node));
  add("engine", doctor::check_engine(node));
  add("local volumes", doctor::check_local_volumes(context, node));
  return checks;
}

void print_checks(const Context& context, const std::vector<Check>& checks) {
  Table table({"CHECK", "STATE", "FOUND"});
  for (const auto& [name, finding] : checks) {
    auto colour = finding.state == Finding::State::ok        ? Colour::green
                  : finding.state == Finding::State::problem ? Colour::red
                                                             : Colour::yellow;
    table.add({name, {std::string(name_of(finding.state)), colour}, finding.text});
    if (!finding.cure.empty()) table.add({"", "", {"cure: " + finding.cure, Colour::bold}});
  }
  table.print(context);
}

Json to_json(const std::vector<Check>& checks, bool well) {
  Json list = Json::array();
  for (const auto& [name, finding] : checks)
    list.push(Json::object()
                  .set("check", name)
                  .set("state", name_of(finding.state))
                  .set("found", finding.text)
                  .set("cure", finding.cure));
  return Json::object().set("ok", well).set("checks", list);
}

}  // namespace

Status examine(const Context& context) {
  auto checks = examine_all(context);
  size_t problems = 0;
  for (const auto& check : checks) problems += check.finding.state == Finding::State::problem ? 1 : 0;
  if (context.json) {
    print_json(context, to_json(checks, problems == 0));
  } else {
    print_checks(context, checks);
  }
  if (problems == 0) return {};
  return fail(Code::internal, "{} of {} checks found a problem; its cure stands below each", problems, checks.size());
}

}  // namespace polly::cli
