#include "swarm/sessions/sessions.h"

#include "base/log.h"
#include "base/system.h"
#include "core/model/name.h"
#include "core/model/size.h"

namespace polly::swarm {

bool of_boot(const std::string& session, const std::string& boot_id) {
  return session.size() > boot_id.size() && session.compare(0, boot_id.size(), boot_id) == 0 &&
         session[boot_id.size()] == '.';
}

Sessions::Sessions(const Context& context) : context_(context), started_(context.clock.boottime()) {}

Millis Sessions::silent_for(const std::string& node) const {
  Lock lock(mutex_);
  auto heard = heard_.find(node);
  return context_.clock.boottime() - (heard == heard_.end() ? started_ : heard->second);
}

void Sessions::silence(const std::string& node) {
  Lock lock(mutex_);
  heard_[node] = context_.clock.boottime() - context_.settings.session_ttl - Millis(1);
}

bool Sessions::live(const std::string& node) const {
  return silent_for(node) <= context_.settings.session_ttl;
}

Result<SessionGrant> Sessions::open(const OpenSession& request, const std::string& address) {
  TRY_STATUS(check_name("node", request.node));
  if (request.boot_id.empty())
    return fail(Code::invalid, "cannot open a session for node '{}': no boot id was sent", request.node);
  const auto ttl = context_.settings.session_ttl;
  TRY(found, context_.state.find_node(request.node));
  store::Stored<Node> stored = found.value_or(store::Stored<Node>{});
  Node node = stored.value;
  bool same_boot = found && node.boot_id == request.boot_id;
  if (found && !same_boot && live(request.node))
    return fail(Code::busy,
                "cannot open a session for node '{}': a node of that name was heard {} ago under another boot; it is "
                "let in {} after that one falls silent",
                request.node, format_duration(silent_for(request.node)), format_duration(ttl));
  bool resumed = same_boot && !request.resume.empty() && request.resume == node.session;
  if (resumed) {
    Lock lock(mutex_);
    resumed = !is_ending(node.name, node.session);
  }
  if (!resumed) {
    node.name = request.node;
    node.boot_id = request.boot_id;
    node.session = request.boot_id + "." + make_id().substr(0, 8);
    node.plugin_version = request.version;
    node.address = address;
    node.session_opened = now(context_);
    if (!found) node.joined = node.session_opened;
    store::Edit edit;
    if (found) edit.unchanged(stored);
    edit.put(node).put(make_event(context_, found ? "node.session" : "node.joined", "node " + node.name, address,
                                  same_boot ? "same boot" : "boot " + node.boot_id));
    TRY_STATUS(context_.state.commit(edit));
    log::info("session opened node={} session={}", node.name, node.session);
  }
  {
    Lock lock(mutex_);
    if (!resumed) ending_.erase(request.node);
    heard_[request.node] = context_.clock.boottime();
  }
  return SessionGrant{node.session, ttl.count(), ttl.count() / 4};
}

Result<store::Stored<Node>> Sessions::check_session(const std::string& name, const std::string& session) {
  TRY(stored, context_.state.node(name));
  if (stored.value.session == session && !session.empty()) return stored;
  return fail(Code::conflict, "node '{}' has another session now; its guard opens a new one by itself", name);
}

Status Sessions::heartbeat(const std::string& node, const std::string& session) {
  // Counted from when it was received, not from when the record was read.
  auto received = context_.clock.boottime();
  TRY_STATUS(check_session(node, session));
  Lock lock(mutex_);
  if (is_ending(node, session))
    return fail(Code::conflict, "the session of node '{}' was ended while it was silent", node);
  heard_[node] = received;
  return {};
}

bool Sessions::is_ending(const std::string& node, const std::string& session) const {
  auto ending = ending_.find(node);
  return ending != ending_.end() && ending->second == session;
}

// Marked in memory before it is written: a heartbeat is acknowledged before the decision or refused after it.
Status Sessions::end_silent(const std::string& name, const std::string& by) {
  TRY(stored, context_.state.node(name));
  Node node = stored.value;
  if (node.session.empty()) return {};
  {
    Lock lock(mutex_);
    auto heard = heard_.find(name);
    auto silent = context_.clock.boottime() - (heard == heard_.end() ? started_ : heard->second);
    if (silent <= context_.settings.session_ttl)
      return fail(Code::busy, "node '{}' was heard of just now; it lets go by itself", name);
    ending_[name] = node.session;
  }
  log::warn("session ended node={} session={} by={}", name, node.session, by);
  node.session.clear();
  store::Edit edit;
  edit.unchanged(stored).put(node).put(
      make_event(context_, "node.ended", "node " + name, by, "its session, while it was silent"));
  auto committed = context_.state.commit(edit);
  // Nothing was written: the node goes on with the session that it has.
  if (committed) return {};
  if (committed.error().code != Code::unknown_outcome) {
    Lock lock(mutex_);
    ending_.erase(name);
  }
  return fail(committed.error());
}

Status Sessions::admit_inventory(const Inventory& inventory) {
  TRY_STATUS(check(inventory.node, inventory.session));
  Lock lock(mutex_);
  auto& [session, taken] = inventories_[inventory.node];
  if (session == inventory.session && inventory.taken < taken)
    return fail(Code::conflict, "node '{}' has sent a newer inventory already", inventory.node);
  session = inventory.session;
  taken = inventory.taken;
  return {};
}

Result<store::Stored<Node>> Sessions::check(const std::string& name, const std::string& session) {
  TRY(node, check_session(name, session));
  if (live(name)) return node;
  return fail(Code::unavailable, "the session of node '{}' has not been heard of for {}; is polly-guard running there?",
              name, format_duration(silent_for(name)));
}

Status Sessions::report_engine(const std::string& name, const std::string& session, const EngineFacts& facts,
                               bool old_id_is_gone) {
  TRY_STATUS(check_session(name, session));
  TRY(stored, context_.state.node(name));
  Node node = stored.value;
  if (!facts.swarm_node_id.empty() && facts.swarm_node_id != node.swarm_node_id) {
    if (!node.swarm_node_id.empty() && !old_id_is_gone)
      return fail(Code::refused,
                  "node '{}' is bound to Swarm node {}, which is still a member; remove that with `docker node rm` "
                  "before its machine joins as {}",
                  name, node.swarm_node_id, facts.swarm_node_id);
    TRY(others, context_.state.nodes());
    for (const auto& other : others)
      if (other.value.name != name && other.value.swarm_node_id == facts.swarm_node_id)
        return fail(Code::refused, "Swarm node {} is bound to node '{}' already, so node '{}' cannot have it",
                    facts.swarm_node_id, other.value.name, name);
    node.swarm_node_id = facts.swarm_node_id;
  }
  node.engine_version = facts.engine_version;
  if (!facts.plugin_version.empty()) node.plugin_version = facts.plugin_version;
  if (node == stored.value) return {};
  store::Edit edit;
  edit.unchanged(stored).put(node).put(
      make_event(context_, "node.engine", "node " + name, name,
                 fmt::format("engine {}, Swarm node {}", node.engine_version, node.swarm_node_id)));
  TRY_STATUS(context_.state.commit(edit));
  return {};
}

Result<std::vector<NodeReport>> Sessions::report() {
  TRY(nodes, context_.state.nodes());
  std::vector<NodeReport> reports;
  for (auto& node : nodes) {
    auto silent = silent_for(node.value.name);
    reports.push_back({std::move(node.value), silent <= context_.settings.session_ttl, silent});
  }
  return reports;
}

}  // namespace polly::swarm
