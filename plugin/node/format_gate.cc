#include "plugin/node/format_gate.h"

#include <thread>

namespace polly::node {

// Repeated a few times: a coordinator that restarts must not leave a filesystem half made. The step may be told twice.
Status FormatGate::tell(FormatStep::Step step, const std::string& uuid) {
  auto until = from_now(parts_.limits.coordinator_away);
  for (;;) {
    auto session = parts_.sessions.current();
    auto told = session ? parts_.coordinator.format({lane_.id, parts_.identity.node, *session, epoch_, uuid, step})
                        : Status(fail(session.error()));
    if (told) break;
    if (!may_pass(told.error()) || std::chrono::steady_clock::now() > until) return told;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  Lock lock(lane_.mutex);
  lane_.format() = {step == FormatStep::Step::begin ? Format::State::formatting : Format::State::formatted, uuid};
  return {};
}

}  // namespace polly::node
