// The files by which a machine proves who it is over TLS, in a directory of its own:
//
//   key.pem          0600; made here, and never leaves the machine
//   ca.pem           whom it trusts
//   certificate.pem  what the CA says about the key; written last, so where it is, all is there
//
//     (nothing) --ensure_key--> key --keep--> key, ca, certificate --forget--> (nothing)
//
// A crash leaves the key without a certificate: the next attempt goes on with that key.
#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/tls.h"
#include "base/x509.h"

namespace polly::tls {

struct Held {
  Identity identity;
  std::string ca;
  x509::Certificate certificate;
};

// The key of that directory; makes both where they are not there.
Result<std::string> ensure_key(const std::string& directory);
// Refuses a certificate that is not the key's.
Status keep(const std::string& directory, const std::string& certificate, const std::string& ca);
Status forget(const std::string& directory);
// `not_found`: no certificate. `refused`: a key that others may read.
Result<Held> read_held(const std::string& directory);

// Connects by what is on file at that time: a certificate that comes, or is replaced, while the process runs counts
// from the next call on. Safe for many threads.
class Credentials {
 public:
  struct Options {
    std::string directory;
    std::string server_name{};  // expected in the server's certificate
    std::string advice{};       // what to do where there is no certificate: ends the error's sentence
  };
  explicit Credentials(Options options) : options_(std::move(options)) {}

  // `unauthenticated`: there is no certificate that can be used.
  Result<std::shared_ptr<const Client>> client();

 private:
  Result<std::shared_ptr<const Client>> load() const;

  const Options options_;
  Mutex mutex_;
  std::string loaded_ POLLY_GUARDED_BY(mutex_);  // which file client_ is of
  std::shared_ptr<const Client> client_ POLLY_GUARDED_BY(mutex_);
};

// For http::Client.
ClientSource source_of(std::shared_ptr<Credentials> credentials);

}  // namespace polly::tls
