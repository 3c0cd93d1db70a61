// What polly doctor looks at, each with its cure. A check never changes anything and never takes long.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "core/model/settings.h"

namespace polly::cli::doctor {

struct Finding {
  enum class State {
    ok,
    problem,
    skipped,  // it could not be looked at, for a reason that is a finding of its own
  };
  State state = State::ok;
  std::string text;  // what was found
  std::string cure;  // what to do about a problem
};

inline Finding ok(std::string text) {
  return {Finding::State::ok, std::move(text), ""};
}
inline Finding problem(std::string text, std::string cure) {
  return {Finding::State::problem, std::move(text), std::move(cure)};
}
inline Finding skipped(std::string text) {
  return {Finding::State::skipped, std::move(text), ""};
}

// Where a check finds the machine: another root in tests.
struct Places {
  std::string mountinfo = "/proc/self/mountinfo";
  std::string loop_control = "/dev/loop-control";
  std::string programs;  // as in PATH, with the system's own folders added
  static Places of_this_machine();
};

// The machine.
Finding check_propagation(const NodeSettings& node, const Places& places);
Finding check_loop_devices(const Places& places);
Finding check_program(const std::string& name, const std::string& package, const Places& places);
Finding check_clock();
Finding check_certificate(const NodeSettings& node);
// What the plugin has noted that it could not explain or bring to an end (plugin/node/findings.h).
Finding check_node_findings(const NodeSettings& node);

// Who runs on it, and whom it needs.
Finding check_engine(const NodeSettings& node);
Finding check_guard(const NodeSettings& node);
Finding check_plugin(const NodeSettings& node);
Finding check_coordinator(const Context& context);
Finding check_coordinator_clock(const Context& context);
// `date` as HTTP has it: "Thu, 01 Jan 2026 03:04:05 GMT".
Finding compare_clocks(const std::string& date, int64_t now_ms);
Finding check_local_volumes(const Context& context, const NodeSettings& node);

}  // namespace polly::cli::doctor
