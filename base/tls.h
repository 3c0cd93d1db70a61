// TLS, by OpenSSL: what a server shows and asks for, and whom a client trusts. TLS 1.2 and up. Certificates and keys
// are PEM text; x509.h makes them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace polly::tls {

class Session;

struct Identity {
  std::string certificate;  // followed by its CA's where clients know that by its fingerprint alone
  std::string key;
};

// A certificate that is shown is verified in each case but `none`; a bad one ends the connection.
enum class ClientCertificate { none, optional, required };

struct ServerSettings {
  Identity identity{};
  ClientCertificate client_certificate = ClientCertificate::none;
  std::string client_ca{};
};

// Shared by its owner and the http::Server that was given it. Safe for many threads.
class Server {
 public:
  static Result<std::shared_ptr<Server>> create(const ServerSettings& settings);
  // For connections that come from now on. Settings that cannot be used change nothing.
  Status reload(const ServerSettings& settings);
  ~Server();

  // For http_connection.cc.
  Result<std::unique_ptr<Session>> accept(int fd) const;

 private:
  Server();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ClientSettings {
  std::string ca{};  // empty: what the system trusts
  // SHA-256 in hex of the CA's certificate, when that is all that is known yet: the server has to send the CA along,
  // and any server it has signed is taken, whatever its name. Instead of ca.
  std::string ca_fingerprint{};
  Identity identity{};        // shown when the server asks; empty: none
  std::string server_name{};  // expected in the certificate; empty: the host that is called
};

class Client {
 public:
  static Result<std::shared_ptr<const Client>> create(const ClientSettings& settings);
  ~Client();

  // For http_client.cc.
  Result<std::unique_ptr<Session>> connect(int fd, const std::string& host) const;

 private:
  Client();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// By what to connect now. Another one than the last time ends the connections that were opened by that.
using ClientSource = std::function<Result<std::shared_ptr<const Client>>()>;

}  // namespace polly::tls
