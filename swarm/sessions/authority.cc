#include "swarm/sessions/authority.h"

#include "base/files.h"
#include "base/http.h"
#include "base/log.h"
#include "core/model/identity.h"

namespace polly::swarm {
namespace {

using std::chrono::hours;

// For clocks that are behind.
constexpr hours back{1};
constexpr hours year{24 * 365};
// Nothing renews a node's certificate yet: it must not end while nobody looks.
constexpr auto ca_lives = 30 * year, node_lives = 10 * year, server_lives = 10 * year, server_left = year;

x509::Terms terms_of(std::string name, std::string organization, Millis now, hours lives) {
  x509::Terms terms;
  terms.subject = {std::move(name), std::move(organization)};
  terms.not_before = now - back;
  terms.not_after = now + lives;
  return terms;
}

Result<tls::Held> open_ca(const std::string& directory, const std::string& cluster, Millis now) {
  if (!files::exists(directory + "/certificate.pem")) {
    TRY(key, tls::ensure_key(directory));
    TRY(made, x509::make_ca(key, terms_of("CA of " + cluster, "polly", now, ca_lives)));
    TRY_STATUS(tls::keep(directory, made, made));
    TRY(described, x509::read(made));
    log::info("the cluster's CA was made fingerprint={}", described.fingerprint);
  }
  auto held = tls::read_held(directory);
  if (!held)
    return fail(held.error().code,
                "cannot use the cluster's CA in '{}': {}; restore it, since all nodes trust it alone", directory,
                held.error().message);
  return held;
}

x509::Terms server_terms(const CoordinatorSettings& settings, Millis now) {
  auto terms = terms_of(coordinator_host, "polly coordinator", now, server_lives);
  terms.use = x509::Use::server;
  for (const char* host : {coordinator_host, "localhost", "127.0.0.1"}) terms.add_host(host);
  if (auto endpoint = http::Endpoint::parse(settings.listen, 0, http::Https::always);
      endpoint && endpoint->host != "127.0.0.1" && endpoint->host != "localhost")
    terms.add_host(endpoint->host);
  return terms;
}

bool fits(const Result<tls::Held>& held, const tls::Held& ca, const x509::Terms& wanted, Millis now) {
  return held && held->ca == ca.ca && held->certificate.dns == wanted.dns && held->certificate.ips == wanted.ips &&
         x509::verify(held->identity.certificate, ca.ca, x509::Use::server, now + server_left);
}

Result<tls::Held> open_server(const std::string& directory, const tls::Held& ca, const x509::Terms& terms, Millis now) {
  auto held = tls::read_held(directory);
  if (fits(held, ca, terms, now)) return held;
  TRY_STATUS(files::make_directories(directory, 0700));
  TRY_STATUS(tls::forget(directory));
  TRY(key, tls::ensure_key(directory));
  TRY(request, x509::make_request(key, terms.subject));
  TRY(made, x509::sign(ca.ca, ca.identity.key, request, terms));
  TRY_STATUS(tls::keep(directory, made, ca.ca));
  return tls::read_held(directory);
}

}  // namespace

Result<Authority> Authority::open(const CoordinatorSettings& settings, Millis now) {
  TRY_STATUS(files::make_directories(settings.state, 0700));
  TRY_STATUS(files::make_directories(settings.state + "/ca", 0700));
  auto lock = files::lock_directory(settings.state + "/ca");
  if (!lock) return fail(lock.error());
  TRY(ca, open_ca(settings.state + "/ca", settings.cluster, now));
  TRY(server, open_server(settings.state + "/server", ca, server_terms(settings, now), now));
  return Authority(std::move(ca), std::move(server));
}

// The CA goes along: who joins knows it by its fingerprint alone.
tls::ServerSettings Authority::server_settings() const {
  tls::ServerSettings settings;
  settings.identity = {server_.identity.certificate + ca_.ca, server_.identity.key};
  settings.client_certificate = tls::ClientCertificate::optional;
  settings.client_ca = ca_.ca;
  return settings;
}

Result<std::string> Authority::certify_node(const std::string& node, const std::string& request, Millis now) const {
  auto terms = terms_of(node, node_role, now, node_lives);
  terms.use = x509::Use::client;
  return x509::sign(ca_.ca, ca_.identity.key, request, terms);
}

}  // namespace polly::swarm
