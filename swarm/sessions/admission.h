// Which nodes may come: the tokens by which they join, and the certificates that they have.
//
//     (no certificate) --join, a token with uses left--> living --revoke--> revoked --join, a fresh token--> living
//                                                          `--join, the same key--> living, another serial
//
// A node's name goes to one key at a time: another key is refused while the certificate lives. A revoked node's token
// goes with it. Certificates count only as far as they are on record: one that was signed and never recorded is none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "swarm/operations/context.h"
#include "swarm/sessions/authority.h"

namespace polly::swarm {

struct MadeToken {
  std::string text;  // shown once, and kept nowhere
  TokenRecord record;
};

class Admission {
 public:
  Admission(const Context& context, const Authority& authority) : context_(context), authority_(authority) {}

  Result<MadeToken> make_token(const TokenWishes& wishes, const std::string& by);
  Result<std::vector<TokenRecord>> tokens();
  Status revoke_token(const std::string& id, const std::string& by);

  // `unauthenticated`: the token does not count. `refused`: the name is another key's.
  Result<JoinAnswer> join(const JoinRequest& request, const std::string& address);
  // Ends the node's session on record too.
  Status revoke(const std::string& node, const std::string& by);

  // For each request: whether the certificate is the node's and counts. From memory, kept up by the store's watch.
  Status check(const std::string& node, const std::string& serial);

 private:
  Result<store::Stored<TokenRecord>> usable_token(const JoinRequest& request);
  Result<JoinAnswer> try_join(const JoinRequest& request, const std::string& address);
  Status try_revoke(const std::string& node, const std::string& by);
  Status follow() POLLY_REQUIRES(mutex_);
  Status load() POLLY_REQUIRES(mutex_);

  const Context& context_;
  const Authority& authority_;
  Mutex mutex_;
  std::unique_ptr<store::Watch> watch_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, NodeCertificate> certificates_ POLLY_GUARDED_BY(mutex_);  // by node
};

}  // namespace polly::swarm
