#include "base/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <algorithm>

#include "base/mutex.h"
#include "base/openssl.h"
#include "base/tls_session.h"

namespace polly::tls {
namespace {

using namespace openssl;

using Context = std::shared_ptr<SSL_CTX>;

Result<Context> make_context(const SSL_METHOD* method) {
  Context context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return failed(Code::internal, "set up TLS");
  }
  // Each connection proves itself anew, so what was reloaded holds for all that come.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_read_ahead(context.get(), 1);  // a record's head and body in one read
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

Status use(SSL_CTX* context, const Identity& identity) {
  TRY(chain, read_certificates(identity.certificate));
  TRY(key, read_key(identity.key));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return failed(Code::invalid, "use the certificate with its key");
  }
  for (size_t i = 1; i < chain.size(); ++i) SSL_CTX_add1_chain_cert(context, chain[i].get());
  return {};
}

Status trust(SSL_CTX* context, const std::string& cas) {
  TRY(all, read_certificates(cas));
  for (const Cert& ca : all) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1) {
      return failed(Code::invalid, "use the CA's certificate");
    }
  }
  return {};
}

Result<Context> server_context(const ServerSettings& settings) {
  TRY(context, make_context(TLS_server_method()));
  TRY_STATUS(use(context.get(), settings.identity));
  if (settings.client_certificate == ClientCertificate::none) return context;
  TRY_STATUS(trust(context.get(), settings.client_ca));
  const bool required = settings.client_certificate == ClientCertificate::required;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return context;
}

// Instead of the usual verification: trusts the one CA that has the fingerprint, among those the server has sent.
int verify_pinned(X509_STORE_CTX* context, void* fingerprint) {
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    if (describe(sk_X509_value(sent, i)).fingerprint != *static_cast<std::string*>(fingerprint)) continue;
    STACK_OF(X509)* trusted = sk_X509_new_null();
    sk_X509_push(trusted, sk_X509_value(sent, i));
    X509_STORE_CTX_set0_trusted_stack(context, trusted);
    const int verified = X509_verify_cert(context);
    sk_X509_free(trusted);
    return verified;
  }
  X509_STORE_CTX_set_error(context, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
  return 0;
}

Result<std::unique_ptr<Session>> open(SSL_CTX* context, int fd) {
  SSL* ssl = SSL_new(context);
  if (!ssl) return failed(Code::exhausted, "begin TLS");
  auto session = std::make_unique<Session>(ssl);
  TRY_STATUS(session->attach(fd));
  return session;
}

}  // namespace

struct Server::Impl {
  mutable Mutex mutex;
  Context context POLLY_GUARDED_BY(mutex);
};

Server::Server() : impl_(new Impl) {}
Server::~Server() = default;

Result<std::shared_ptr<Server>> Server::create(const ServerSettings& settings) {
  std::shared_ptr<Server> server(new Server);
  TRY_STATUS(server->reload(settings));
  return server;
}

Status Server::reload(const ServerSettings& settings) {
  auto context = server_context(settings);
  if (!context) return fail_with(context.error(), "cannot serve TLS");
  Lock lock(impl_->mutex);
  impl_->context = std::move(*context);
  return {};
}

Result<std::unique_ptr<Session>> Server::accept(int fd) const {
  Context context;
  {
    Lock lock(impl_->mutex);
    context = impl_->context;
  }
  TRY(session, open(context.get(), fd));
  SSL_set_accept_state(session->ssl());
  return std::move(session);
}

struct Client::Impl {
  Context context;
  std::string fingerprint;
  std::string server_name;
};

Client::Client() : impl_(new Impl) {}
Client::~Client() = default;

Result<std::shared_ptr<const Client>> Client::create(const ClientSettings& settings) {
  auto context = make_context(TLS_client_method());
  if (!context) return fail(context.error());
  std::shared_ptr<Client> client(new Client);
  client->impl_->context = *context;
  client->impl_->server_name = settings.server_name;
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  std::string& fingerprint = client->impl_->fingerprint;
  fingerprint = settings.ca_fingerprint;
  if (!fingerprint.empty()) {
    if (fingerprint.size() != 64 || fingerprint.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return fail(Code::invalid, "cannot call by TLS: '{:.70}' is not a SHA-256 fingerprint in hex", fingerprint);
    }
    SSL_CTX_set_cert_verify_callback(context->get(), verify_pinned, &fingerprint);
  } else if (settings.ca.empty()) {
    SSL_CTX_set_default_verify_paths(context->get());
  } else if (Status trusted = trust(context->get(), settings.ca); !trusted) {
    return fail_with(trusted.error(), "cannot call by TLS");
  }
  if (!settings.identity.certificate.empty()) {
    if (Status used = use(context->get(), settings.identity); !used) {
      return fail_with(used.error(), "cannot call by TLS");
    }
  }
  return client;
}

Result<std::unique_ptr<Session>> Client::connect(int fd, const std::string& host) const {
  TRY(session, open(impl_->context.get(), fd));
  SSL* ssl = session->ssl();
  SSL_set_connect_state(ssl);
  const std::string& name = impl_->server_name.empty() ? host : impl_->server_name;
  in6_addr ignored{};
  const bool is_ip =
      ::inet_pton(AF_INET, name.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
  bool set = is_ip || SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  if (impl_->fingerprint.empty()) {
    set = set && (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str())
                        : SSL_set1_host(ssl, name.c_str())) == 1;
  }
  if (!set) return failed(Code::invalid, "call this host by TLS");
  return std::move(session);
}

}  // namespace polly::tls
