#include "swarm/operations/format.h"

#include "swarm/operations/amend.h"

namespace polly::swarm {
namespace {

Status check_holder(const Volume& volume, const FormatStep& step) {
  const auto* attachment = volume.attachment_on(step.node);
  if (attachment != nullptr && attachment->epoch == step.epoch && attachment->state == Attachment::State::attached)
    return {};
  return fail(Code::refused, "node '{}' does not hold volume '{}' under epoch {}", step.node, volume.name,
              step.epoch.number);
}

Status begin(Volume& volume, const FormatStep& step) {
  if (volume.origin != Origin::made)
    return fail(Code::refused, "volume '{}' was not made empty by Polly, so it may hold data", volume.name);
  bool again = volume.format.state == Format::State::formatting && volume.format.uuid == step.uuid;
  if (volume.format.state != Format::State::never && !again)
    return fail(Code::refused, "volume '{}' has had a filesystem already ({})", volume.name, volume.format.uuid);
  volume.format = {Format::State::formatting, step.uuid};
  return {};
}

Status done(Volume& volume, const FormatStep& step) {
  if (volume.format.state == Format::State::never || volume.format.uuid != step.uuid)
    return fail(Code::refused, "no filesystem {} was begun on volume '{}'", step.uuid, volume.name);
  volume.format.state = Format::State::formatted;
  return {};
}

}  // namespace

Status record_format(const Context& context, const FormatStep& step) {
  if (step.uuid.size() < 32 || step.uuid.size() > 36)
    return fail(Code::invalid, "'{}' is no filesystem uuid", step.uuid.substr(0, 40));
  auto recorded = amend(context, step.volume_id, [&](Volume& volume, store::Edit&) -> Status {
    TRY_STATUS(check_holder(volume, step));
    return step.step == FormatStep::Step::begin ? begin(volume, step) : done(volume, step);
  });
  if (!recorded) return fail_with(recorded.error(), "cannot record the filesystem");
  return {};
}

}  // namespace polly::swarm
