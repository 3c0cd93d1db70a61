// polly explain: the decision about a mount, rule by rule, without doing it.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

struct MountQuestion {
  std::string volume;
  std::string service;  // "swarm/db"
  std::string node;     // "": whichever
  bool read_only = false;
};

struct StackQuestion {
  std::string file;
  std::string stack;  // "": names stand as they are in the file
  std::string scheduler = "swarm";
};

// `refused` when it would be, `busy` when it would wait; the rules are shown before.
Status explain_mount(const Context& context, const MountQuestion& question);
// All mounts of Polly's volumes in a compose file; `refused` when one of them would be.
Status explain_stack(const Context& context, const StackQuestion& question);
// What each rule said when a mount was refused.
Status explain_refusal(const Context& context, const std::string& id);

}  // namespace polly::cli
