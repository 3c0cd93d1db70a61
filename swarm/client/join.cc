#include "swarm/client/join.h"

#include "base/clock.h"
#include "core/codec/identity.h"
#include "swarm/client/api.h"

namespace polly::client {
namespace {

// Whether the coordinator takes the certificate. A coordinator that cannot be trusted is an error and no answer.
Result<bool> is_taken(const JoinOptions& options, const tls::Held& held) {
  TRY(tls, tls::Client::create({.ca = held.ca, .identity = held.identity, .server_name = coordinator_host}));
  Api api({options.endpoints, [tls = tls] { return tls; }});
  TRY(response, api.send({.path = "/v1/version"}));
  if (response.status == 200) return true;
  auto error = http::error_of(response);
  if (error.code == Code::unauthenticated) return false;
  return fail(error);
}

// What the machine has from before: a certificate that is still good, or nothing that keeps it from joining.
Result<std::optional<Joined>> look_at_earlier(const JoinOptions& options) {
  auto held = tls::read_held(options.directory);
  if (!held) {
    if (held.error().code == Code::refused) return fail(held.error());
    return std::nullopt;
  }
  TRY(ca, x509::read(held->ca));
  if (ca.fingerprint != options.token.ca_fingerprint)
    return fail(Code::exists, "this machine has joined another cluster, as node '{}'; to leave it, remove '{}'",
                held->certificate.common_name, options.directory);
  const auto now = system_clock().wall();
  bool good = static_cast<bool>(x509::verify(held->identity.certificate, held->ca, x509::Use::client, now));
  if (good) {
    TRY(taken, is_taken(options, *held));
    good = taken;
  }
  if (!good) {
    TRY_STATUS(tls::forget(options.directory));
    return std::nullopt;
  }
  if (held->certificate.common_name != options.node)
    return fail(
        Code::exists,
        "this machine has joined as node '{}' already; `polly node revoke {}` on the coordinator's machine frees "
        "it for another name",
        held->certificate.common_name, held->certificate.common_name);
  return Joined{std::move(held->certificate), true};
}

// What came from a coordinator with the right CA may still be a mistake.
Result<x509::Certificate> check(const JoinOptions& options, const JoinAnswer& answer) {
  TRY(ca, x509::read(answer.ca));
  if (ca.fingerprint != options.token.ca_fingerprint)
    return fail(Code::corrupt, "the coordinator's answer bears another CA than the token");
  TRY_STATUS(x509::verify(answer.certificate, answer.ca, x509::Use::client, system_clock().wall()));
  TRY(certificate, x509::read(answer.certificate));
  if (certificate.common_name != options.node)
    return fail(Code::corrupt, "the coordinator's answer is a certificate for '{}'", certificate.common_name);
  return certificate;
}

Result<Joined> ask(const JoinOptions& options) {
  TRY(key, tls::ensure_key(options.directory));
  TRY(request, x509::make_request(key, {options.node}));
  TRY(pinned, tls::Client::create({.ca_fingerprint = options.token.ca_fingerprint}));
  Api api({options.endpoints, [tls = pinned] { return tls; }});
  TRY(body, api.call({.method = "POST",
                      .path = "/v1/join",
                      .body = to_json(JoinRequest{options.node, options.token.secret, request})}));
  TRY(answer, join_answer_from_json(body));
  TRY(certificate, check(options, answer));
  TRY_STATUS(tls::keep(options.directory, answer.certificate, answer.ca));
  return Joined{std::move(certificate), false};
}

}  // namespace

Result<Joined> join(const JoinOptions& options) {
  auto earlier = look_at_earlier(options);
  auto joined = earlier && *earlier ? Result<Joined>(**std::move(earlier))
                : earlier           ? ask(options)
                                    : Result<Joined>(fail(earlier.error()));
  if (!joined && !joined.error().message.starts_with("cannot join"))
    return fail_with(joined.error(), "cannot join node '{}'", options.node);
  return joined;
}

}  // namespace polly::client
