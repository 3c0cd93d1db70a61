// How a machine joins: it gets a certificate for a key that it makes itself and that never leaves it.
//
//   1. a key on disk, or the one that a crash left there
//   2. TLS to a coordinator whose CA bears the token's fingerprint; nothing is said before that is proven
//   3. the token's secret and a certificate request, POST /v1/join
//   4. CA and certificate on disk, the certificate last (base/credentials.h)
//
// Cut short anywhere, it is done again with the same key, and the coordinator answers again.
#pragma once

#include <string>
#include <vector>

#include "base/credentials.h"
#include "base/http.h"
#include "core/model/identity.h"

namespace polly::client {

struct JoinOptions {
  std::vector<http::Endpoint> endpoints;
  JoinToken token;
  std::string node;
  std::string directory;  // of base/credentials.h
};

struct Joined {
  x509::Certificate certificate;
  bool already = false;  // it had a certificate that the coordinator takes; nothing was changed
};

// A certificate that the coordinator does not take any more is given up for a new key. `exists`: the machine has joined
// under another name, or another cluster. Else the coordinator's refusal, or what kept it from being reached.
Result<Joined> join(const JoinOptions& options);

}  // namespace polly::client
