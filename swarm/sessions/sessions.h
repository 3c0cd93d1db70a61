// The nodes and their sessions: who is alive.
//
//     (none) --open(boot)--> live --heartbeats--> live --none for a ttl--> silent --heartbeat--> live
//                              `--open, same boot--> live, resumed or anew
//                              `--open, other boot--> refused while live; else a new session, and the old mounts are
//                              gone
//     silent --end_silent--> ended --open--> live, anew
//
// A session's id is "<boot id>.<random>", so that what was attached before the last boot can be told by looking.
// Heartbeats stay in memory. After a start of the coordinator every session on record counts as live for one ttl.
#pragma once

#include <map>
#include <string>

#include "base/mutex.h"
#include "core/model/claim.h"
#include "swarm/operations/context.h"

namespace polly::swarm {

struct NodeReport {
  Node node;
  bool live = false;
  Millis silent_for{0};
};

class Sessions {
 public:
  explicit Sessions(const Context& context);

  Result<SessionGrant> open(const OpenSession& request, const std::string& address);
  // `conflict`: this session is not the node's any more.
  Status heartbeat(const std::string& node, const std::string& session);
  // The node, if the session is its own and it is live.
  Result<store::Stored<Node>> check(const std::string& node, const std::string& session);
  // `conflict`: a newer inventory of that session has come already. What an old one does not name may be mounted since.
  Status admit_inventory(const Inventory& inventory);
  // Keeps what the engine says of itself. The first report binds the node to its Swarm node id; after that another id
  // is taken only when `old_id_is_gone`.
  Status report_engine(const std::string& node, const std::string& session, const EngineFacts& facts,
                       bool old_id_is_gone);
  Result<std::vector<NodeReport>> report();
  bool live(const std::string& node) const;
  Millis silent_for(const std::string& node) const;
  // Ends the session of a node that is silent: from here on its heartbeats are refused, and its guard opens a new one.
  // `busy`: it was heard of just now. What it holds stays its own.
  Status end_silent(const std::string& node, const std::string& by);
  // Counts as silent from now on, until it opens a session anew: its certificate was revoked.
  void silence(const std::string& node);

 private:
  Result<store::Stored<Node>> check_session(const std::string& node, const std::string& session);
  bool is_ending(const std::string& node, const std::string& session) const POLLY_REQUIRES(mutex_);

  const Context& context_;
  const Millis started_;
  mutable Mutex mutex_;
  std::map<std::string, Millis> heard_ POLLY_GUARDED_BY(mutex_);        // boottime of the last heartbeat
  std::map<std::string, std::string> ending_ POLLY_GUARDED_BY(mutex_);  // sessions, by node, that no heartbeat revives
  std::map<std::string, std::pair<std::string, int64_t>> inventories_ POLLY_GUARDED_BY(mutex_);  // session and `taken`
};

// Whether the session was opened under that boot.
bool of_boot(const std::string& session, const std::string& boot_id);

}  // namespace polly::swarm
