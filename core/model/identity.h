// Who a caller over the network is: the token by which a node gets its certificate, and what is on record of both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly {

// The name that each coordinator's certificate bears, whatever the address it is called by: only the cluster's CA can
// give it, and it gives it to coordinators alone.
inline constexpr const char* coordinator_host = "coordinator.polly";
// The organization in a node's certificate; its common name is the node's.
inline constexpr const char* node_role = "polly node";

// "POLLY-1-<fingerprint>-<secret>": whom to trust, and why to be trusted.
struct JoinToken {
  std::string ca_fingerprint;  // SHA-256 of the CA's certificate: 64 hex digits
  std::string secret;          // hex digits

  static Result<JoinToken> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const JoinToken&, const JoinToken&) = default;
};

// What the coordinator keeps of a token.
struct TokenRecord {
  std::string hash;   // SHA-256 of the secret, hex; its first 12 digits name the token
  std::string node;   // whom alone it serves; "": any
  uint64_t uses = 1;  // how many nodes may join by it
  uint64_t used = 0;  // have joined
  int64_t made = 0;   // wall clock, ms
  int64_t expires = 0;
  std::string by;
  std::string id() const { return hash.substr(0, 12); }
};

struct TokenWishes {
  std::string node;
  uint64_t uses = 1;
  int64_t ttl_ms = 24LL * 3600 * 1000;
};

// The one certificate that a node may show.
struct NodeCertificate {
  std::string node;
  std::string serial;  // hex
  std::string key;     // SHA-256 of the public key, hex
  std::string token;   // hash of the token it was given for
  int64_t issued = 0;
  int64_t expires = 0;
  int64_t revoked = 0;  // 0: it is not
  bool living(int64_t now) const { return revoked == 0 && now < expires; }
};

struct JoinRequest {
  std::string node;
  std::string secret;   // the token's
  std::string request;  // PEM: proves that the node holds the key. Whom it names is not looked at
};

struct JoinAnswer {
  std::string certificate;  // PEM
  std::string ca;           // PEM
};

}  // namespace polly
