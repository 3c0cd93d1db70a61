#include "swarm/operations/context.h"

#include "base/system.h"

namespace polly::swarm {

int64_t now(const Context& context) {
  return context.clock.wall().count();
}

Event make_event(const Context& context, std::string kind, std::string subject, std::string by, std::string text) {
  auto at = now(context);
  return {fmt::format("{:015}-{}", at, make_id().substr(0, 8)),
          at,
          std::move(kind),
          std::move(subject),
          std::move(by),
          std::move(text)};
}

const ClassSettings* find_class(const Context& context, const std::string& name) {
  for (const auto& candidate : context.settings.classes)
    if (candidate.name == name) return &candidate;
  return nullptr;
}

}  // namespace polly::swarm
