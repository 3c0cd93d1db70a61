// A mount that was refused, kept so that it can be explained later. Swarm starts a refused task anew every few seconds:
// repeats are the same refusal, counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace polly {

// What one rule said of a mount.
struct Finding {
  enum class Verdict { pass, skip, wait, refuse };
  std::string rule;  // "grant"
  Verdict verdict = Verdict::pass;
  std::string text;             // one sentence, without its cure
  Json facts = Json::object();  // what it looked at, for programs
  friend bool operator==(const Finding&, const Finding&) = default;
};
std::string_view to_string(Finding::Verdict verdict);  // "pass", "skip", "wait", "refuse"

struct Refusal {
  std::string id;  // 8 hex digits; stands in the message that the engine shows
  std::string volume;
  std::string service;  // "swarm/db"; several with commas; "" where nobody could be identified
  std::string node;
  Code code = Code::refused;
  std::string message;  // as it was told, without the id
  std::string reason;   // the message without the ids of containers and tasks: what makes a repeat the same
  std::vector<Finding> findings;
  std::string cure;
  int64_t first = 0;  // wall clock, ms
  int64_t last = 0;
  int64_t count = 1;
  std::string event;  // the id of its event

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace polly
