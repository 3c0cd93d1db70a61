// The cluster's own CA, and the certificate that this coordinator shows:
//
//   <state>/ca/      key.pem 0600, certificate.pem, ca.pem (the same); made once, and then the cluster's for good
//   <state>/server/  key.pem 0600, certificate.pem, ca.pem; made anew at a start when it no longer fits
//
// Whoever has the CA's key can be any node. A crash leaves a key without its certificate, which the next start makes.
#pragma once

#include <string>

#include "base/credentials.h"
#include "core/model/settings.h"

namespace polly::swarm {

class Authority {
 public:
  // Makes what is not there. Safe for two processes at once.
  static Result<Authority> open(const CoordinatorSettings& settings, Millis now);

  const x509::Certificate& certificate() const { return ca_.certificate; }
  const std::string& pem() const { return ca_.ca; }
  tls::ServerSettings server_settings() const;

  // For the key that has signed the request, whatever name it asks for.
  Result<std::string> certify_node(const std::string& node, const std::string& request, Millis now) const;

 private:
  Authority(tls::Held ca, tls::Held server) : ca_(std::move(ca)), server_(std::move(server)) {}

  tls::Held ca_;
  tls::Held server_;
};

}  // namespace polly::swarm
