// Asks the coordinator before a driver makes a filesystem, and tells it after, under the attachment's epoch.
#pragma once

#include "plugin/node/parts.h"

namespace polly::node {

class FormatGate : public drivers::FormatGate {
 public:
  FormatGate(Parts& parts, Lane& lane, Epoch epoch) : parts_(parts), lane_(lane), epoch_(epoch) {}
  Status begin(const std::string& uuid) override { return tell(FormatStep::Step::begin, uuid); }
  Status done(const std::string& uuid) override { return tell(FormatStep::Step::done, uuid); }

 private:
  Status tell(FormatStep::Step step, const std::string& uuid);

  Parts& parts_;
  Lane& lane_;
  const Epoch epoch_;
};

}  // namespace polly::node
