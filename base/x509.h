// Keys and certificates, by OpenSSL. All of them are PEM text.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace polly::x509 {

struct Subject {
  std::string common_name;
  std::string organization{};
  friend bool operator==(const Subject&, const Subject&) = default;
};

enum class Use { server, client, both };

// What a CA says about a key. Nothing of it is taken from the request.
struct Terms {
  Subject subject;
  std::vector<std::string> dns{};
  std::vector<std::string> ips{};
  Millis not_before{};  // wall clock
  Millis not_after{};
  std::string serial{};  // hex; a random one when empty
  Use use = Use::both;
  // To dns or ips, whichever it is. What is neither is left out.
  void add_host(const std::string& host);
};

// What a certificate says.
struct Certificate {
  std::string common_name;
  std::string organization;
  std::string issuer;       // its common name
  std::string serial;       // hex, lower case
  std::string fingerprint;  // SHA-256, hex, lower case
  std::string key;          // the same of its public key
  std::vector<std::string> dns;
  std::vector<std::string> ips;
  Millis not_before{};
  Millis not_after{};
  bool is_ca = false;
};

Result<std::string> make_key();  // EC P-256
// A CA that signs itself. Of the terms, names and use are not looked at.
Result<std::string> make_ca(const std::string& key, const Terms& terms);
// Proves that whoever asks holds the key.
Result<std::string> make_request(const std::string& key, const Subject& subject);
// Whom a request is made for, and the fingerprint of its public key as in Certificate, once its proof holds.
struct Asked {
  Subject subject;
  std::string key;
};
Result<Asked> read_request(const std::string& request);
Result<std::string> sign(const std::string& ca, const std::string& ca_key, const std::string& request,
                         const Terms& terms);

// The first certificate of the text.
Result<Certificate> read(const std::string& certificate);
// Fine when one of the CAs has signed it, by way of those that follow it in its text, for this use at this time;
// else `unauthenticated`. The Use `both` asks for neither.
Status verify(const std::string& certificate, const std::string& cas, Use use, Millis now);
Status check_pair(const std::string& certificate, const std::string& key);  // whether they belong together

}  // namespace polly::x509
