#include "core/rules/decision.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/rules/grants.h"

namespace polly {
namespace {

std::string names_of(const std::vector<Service>& askers) {
  std::vector<std::string> names;
  for (const auto& asker : askers) names.push_back(asker.text());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string holder_text(const Volume& volume, const Conflict& conflict) {
  auto user = conflict.mount == nullptr ? std::string("no container") : conflict.mount->service.text();
  return fmt::format("volume '{}' is {} and held by {} on node '{}'", volume.name, to_string(volume.access_mode), user,
                     conflict.node);
}

std::string_view in_words(Access access) {
  return access == Access::read_only ? "for reading only" : "for reading and writing";
}

// The narrowest of the rights of all that may be asking; nothing when one of them has none.
std::optional<Access> narrowest(const MountFacts& facts) {
  Access access = Access::read_write;
  for (const auto& asker : facts.askers) {
    auto its = permission_of(*facts.volume, asker, facts.now).access;
    if (!its) return std::nullopt;
    if (*its == Access::read_only) access = Access::read_only;
  }
  return access;
}

// One rule a function; each is true when it passes, and the next one is asked.
class Decider {
 public:
  explicit Decider(const MountFacts& facts) : facts_(facts), volume_(facts.volume) {}

  Ruling decide() {
    if (volume() && node() && identity() && grant() && access() && holder()) operation();
    return std::move(ruling_);
  }

 private:
  bool pass(const char* rule, std::string text, Json seen = Json::object()) {
    ruling_.findings.push_back({rule, Finding::Verdict::pass, std::move(text), std::move(seen)});
    return true;
  }
  bool skip(const char* rule, std::string text) {
    ruling_.findings.push_back({rule, Finding::Verdict::skip, std::move(text), Json::object()});
    return true;
  }
  bool wait(const char* rule, std::string text, std::string waits_for, Json seen) {
    ruling_.verdict = Ruling::Verdict::wait;
    ruling_.waits_for = std::move(waits_for);
    ruling_.cure = fmt::format("it goes on by itself; `polly volume show {}` tells its holder", facts_.volume_name);
    ruling_.findings.push_back({rule, Finding::Verdict::wait, std::move(text), std::move(seen)});
    return false;
  }
  bool refuse(const char* rule, Code code, std::string text, std::string cure, Json seen) {
    ruling_.verdict = Ruling::Verdict::refuse;
    ruling_.code = code;
    ruling_.cure = std::move(cure);
    ruling_.findings.push_back({rule, Finding::Verdict::refuse, std::move(text), std::move(seen)});
    return false;
  }

  bool volume() {
    if (volume_ == nullptr)
      return refuse("volume", Code::not_found, fmt::format("no volume '{}'", facts_.volume_name),
                    "`polly volume ls` lists them", Json::object());
    auto seen = Json::object().set("id", volume_->id).set("access_mode", to_string(volume_->access_mode));
    if (volume_->state == Volume::State::ready)
      return pass("volume", fmt::format("volume '{}' is ready", volume_->name), std::move(seen));
    return refuse("volume", Code::busy, fmt::format("volume '{}' is still being made", volume_->name),
                  "try again when it is ready", std::move(seen));
  }

  bool node() {
    auto seen = Json::object().set("node", facts_.node);
    switch (facts_.node_state) {
      case MountFacts::NodeState::any:
        return skip("node", "none is named: this is what holds whichever node the task goes to");
      case MountFacts::NodeState::unknown:
        return refuse("node", Code::not_found, fmt::format("no node '{}' has joined", facts_.node),
                      "`polly node ls` lists them", std::move(seen));
      case MountFacts::NodeState::silent:
        return refuse("node", Code::unavailable, fmt::format("node '{}' does not answer", facts_.node),
                      "look whether polly-guard runs there", std::move(seen));
      case MountFacts::NodeState::live:
        break;
    }
    return pass("node", fmt::format("node '{}' has joined and answers", facts_.node), std::move(seen));
  }

  bool identity() {
    if (!facts_.identified && facts_.askers.front().name == "-")
      return pass("identity", fmt::format("{} is whatever starts there outside services", names_of(facts_.askers)));
    if (!facts_.identified)
      return skip("identity", "not asked now: when a container starts, its scheduler must confirm its task");
    Json services = Json::array();
    for (const auto& asker : facts_.askers) services.push(asker.text());
    return pass("identity",
                fmt::format("{} {} asking", names_of(facts_.askers), facts_.askers.size() == 1 ? "is" : "may be"),
                Json::object().set("services", std::move(services)));
  }

  // All that may be asking must be allowed.
  bool grant() {
    auto seen = Json::object().set("default_access", to_string(volume_->default_access));
    if (volume_->default_access == DefaultAccess::open)
      return pass("grant", fmt::format("volume '{}' is open: every service may use it", volume_->name), seen);
    std::string by;
    for (const auto& asker : facts_.askers) {
      auto permission = permission_of(*volume_, asker, facts_.now);
      if (!permission.access) return not_granted(asker, permission, std::move(seen));
      by.append(by.empty() ? "" : ", ").append(permission.grant->to.text);
    }
    return pass("grant", fmt::format("volume '{}' is granted to {}", volume_->name, by), seen);
  }

  bool not_granted(const Service& asker, const Permission& permission, Json seen) {
    seen.set("service", asker.text()).set("service_id", asker.id);
    if (permission.expired != nullptr) seen.set("expired", permission.expired->expires);
    if (permission.pinned != nullptr) seen.set("pinned", permission.pinned->pin);
    auto why = why_not(permission);
    return refuse(
        "grant", Code::refused,
        fmt::format("volume '{}' is not granted to {}{}{}", volume_->name, asker.text(), why.empty() ? "" : ": ", why),
        fmt::format("an operator can allow it with `polly grant {} --to {}{}`", volume_->name, asker.text(),
                    limits_of(permission)),
        std::move(seen));
  }

  // A grant that does not count any more is to be given again as it was, and not wider.
  static std::string limits_of(const Permission& permission) {
    const auto* before = permission.pinned != nullptr ? permission.pinned : permission.expired;
    if (before == nullptr) return "";
    return fmt::format("{}{}{}", before->access == Access::read_only ? " --ro" : "",
                       before->expires != 0 ? " --expires 30d" : "", before->pin.empty() ? "" : " --pin");
  }

  bool access() {
    auto granted = narrowest(facts_).value_or(Access::read_only);
    ruling_.access = allowed_by_mode(volume_->access_mode, granted);
    auto seen = Json::object().set("access", to_string(ruling_.access)).set("granted", to_string(granted));
    std::string why;
    if (granted == Access::read_only) {
      why = ", as it is granted";
    } else if (ruling_.access == Access::read_only) {
      why = fmt::format(": nobody writes to a volume that is {}", to_string(volume_->access_mode));
    }
    if (ruling_.access == Access::read_only && facts_.wanted == Access::read_write) why += "; a write would fail";
    return pass("access", fmt::format("it is given {}{}", in_words(ruling_.access), why), std::move(seen));
  }

  bool holder() {
    if (facts_.former_boot)
      return wait("holder", fmt::format("node '{}' has booted since it held the volume", facts_.node),
                  fmt::format("what node '{}' had mounted before its boot to be taken off", facts_.node),
                  Json::object().set("node", facts_.node));
    auto conflict = find_conflict(*volume_, facts_.node, ruling_.access);
    if (conflict) return in_the_way(*conflict);
    Json nodes = Json::array();
    for (const auto& own : facts_.own_nodes) nodes.push(own);
    if (volume_->attachments.empty() && !facts_.own_nodes.empty())
      return pass("holder",
                  fmt::format("{} itself holds it on node '{}', until its next task takes its place",
                              names_of(facts_.askers), fmt::join(facts_.own_nodes, "', '")),
                  Json::object().set("nodes", std::move(nodes)));
    if (volume_->attachments.empty()) return pass("holder", "nobody holds it");
    for (const auto& attachment : volume_->attachments) nodes.push(attachment.node);
    return pass("holder", fmt::format("who holds it leaves room for this: it is {}", to_string(volume_->access_mode)),
                Json::object().set("nodes", std::move(nodes)));
  }

  // Waits where the holder is on its way out. What cannot be known is refused: it may still be writing.
  bool in_the_way(const Conflict& conflict) {
    auto seen = Json::object().set("node", conflict.node);
    auto let_go = fmt::format("node '{}' to let go of it", conflict.node);
    if (conflict.leaving || conflict.mount == nullptr)
      return wait("holder", fmt::format("node '{}' has it without a container of its own any more", conflict.node),
                  let_go, std::move(seen));
    const auto& mount = *conflict.mount;
    auto who = holder_text(*volume_, conflict);
    const auto holder = facts_.holder.value_or(HolderFacts{});
    seen.set("service", mount.service.text()).set("task", mount.task).set("silent", holder.silent);
    auto later = fmt::format("{} can have it when that is over", names_of(facts_.askers));
    auto no = [&](std::string_view why) {
      return refuse("holder", Code::refused, fmt::format("{}, {}", who, why), later, seen);
    };
    // A holder that does not answer is judged here, and nowhere else.
    if (holder.silent) {
      later += fmt::format("; if that machine is off for good, `polly volume release {}` takes it from there",
                           facts_.volume_name);
      return no(
          "which does not answer: until it is back, has booted anew or lets go by itself, it may still be writing");
    }
    if (!holder.under_control) return no("which is not under a scheduler's control");
    switch (holder.wanted) {
      case Wanted::running:
        return no("whose task is wanted running");
      case Wanted::unknown:
        return no("and the scheduler cannot be asked about it");
      case Wanted::leaving:
      case Wanted::gone:
        break;
    }
    return wait("holder", who + ", whose task is to stop", let_go, seen);
  }

  bool operation() {
    if (volume_->operation.empty()) return pass("operation", "nothing else is at work on it");
    return wait("operation", "an operation is at work on it", "an operation that is at work on it",
                Json::object().set("operation", volume_->operation));
  }

  const MountFacts& facts_;
  const Volume* volume_;
  Ruling ruling_;
};

}  // namespace

std::string Ruling::reason() const {
  auto text = findings.empty() ? std::string() : findings.back().text;
  return cure.empty() ? text : text + "; " + cure;
}

std::optional<Conflict> conflict_of(const MountFacts& facts) {
  if (facts.volume == nullptr || facts.former_boot) return std::nullopt;
  auto access = narrowest(facts);
  if (!access) return std::nullopt;
  return find_conflict(*facts.volume, facts.node, allowed_by_mode(facts.volume->access_mode, *access));
}

Ruling decide(const MountFacts& facts) {
  return Decider(facts).decide();
}

std::vector<std::string> leave_out_own(Volume& volume, const Service& service,
                                       const std::set<std::string>& live_nodes) {
  std::vector<std::string> nodes;
  for (auto& attachment : volume.attachments) {
    if (!live_nodes.contains(attachment.node)) continue;
    auto own = std::erase_if(attachment.mounts, [&](const Mount& mount) {
      return mount.service.text() == service.text() && !mount.task.empty();
    });
    if (own != 0) nodes.push_back(attachment.node);
  }
  std::erase_if(volume.attachments, [&](const Attachment& attachment) {
    return attachment.mounts.empty() && std::ranges::count(nodes, attachment.node) != 0;
  });
  return nodes;
}

std::string_view to_string(Ruling::Verdict verdict) {
  switch (verdict) {
    case Ruling::Verdict::allow:
      return "allow";
    case Ruling::Verdict::wait:
      return "wait";
    case Ruling::Verdict::refuse:
      return "refuse";
  }
  return "";
}

}  // namespace polly
