// polly node join|revoke, polly node token [ls|revoke]
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

struct TokenOptions {
  std::string ttl = "24h";
  std::string node;  // whom alone it serves; "": any
  uint64_t uses = 1;
};

// The token alone goes to standard output, for $(polly node token).
Status make_token(const Context& context, const TokenOptions& options);
Status list_tokens(const Context& context);
Status revoke_token(const Context& context, const std::string& id);

struct JoinOptions {
  std::string address;
  std::string token;
  std::string name;  // "": the configuration's, or the host's
};

// Makes this machine a node, or says that it is one. Starts nothing.
Status join(const Context& context, const JoinOptions& options);
Status revoke_node(const Context& context, const std::string& name);

}  // namespace polly::cli
