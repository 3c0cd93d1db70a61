#include "base/x509.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <algorithm>

#include "base/openssl.h"

namespace polly::x509 {
namespace {

using namespace openssl;

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '*';
  });
}

bool is_ip(const std::string& text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, text.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, text.c_str(), &ignored) == 1;
}

// The names end up in a line that OpenSSL takes apart at commas.
Result<std::string> alternative_names(const Terms& terms) {
  std::string line;
  for (const std::string& name : terms.dns) {
    if (!is_host_name(name)) return fail(Code::invalid, "cannot certify '{:.100}': not a host's name", name);
    line += (line.empty() ? "DNS:" : ",DNS:") + name;
  }
  for (const std::string& ip : terms.ips) {
    if (!is_ip(ip)) return fail(Code::invalid, "cannot certify '{:.100}': not an IP address", ip);
    line += (line.empty() ? "IP:" : ",IP:") + ip;
  }
  return line;
}

bool set_name(X509_NAME* name, const Subject& subject) {
  auto add = [&](const char* field, const std::string& value) {
    return value.empty() ||
           X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", subject.organization) && add("CN", subject.common_name);
}

bool set_serial(X509* certificate, const std::string& hex) {
  BIGNUM* raw = nullptr;
  const bool read = hex.empty() || BN_hex2bn(&raw, hex.c_str()) == static_cast<int>(hex.size());
  const Number number(hex.empty() ? BN_new() : raw);
  // 20 bytes are the most that a serial may have.
  return read && number && (!hex.empty() || BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1) &&
         !BN_is_negative(number.get()) && BN_num_bits(number.get()) < 160 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// All but what makes it a CA's or not, and the signature.
Result<Cert> begin(const Terms& terms, EVP_PKEY* key) {
  if (terms.subject.common_name.empty()) return fail(Code::invalid, "cannot make a certificate: it names nobody");
  if (terms.not_after <= terms.not_before) {
    return fail(Code::invalid, "cannot make a certificate for '{}': it would never be valid",
                terms.subject.common_name);
  }
  Cert made(X509_new());
  auto seconds = [](Millis wall) { return static_cast<time_t>(wall.count() / 1000); };
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 ||
      !set_name(X509_get_subject_name(made.get()), terms.subject) ||
      !ASN1_TIME_set(X509_getm_notBefore(made.get()), seconds(terms.not_before)) ||
      !ASN1_TIME_set(X509_getm_notAfter(made.get()), seconds(terms.not_after)) ||
      X509_set_pubkey(made.get(), key) != 1) {
    return failed(Code::invalid, "make a certificate");
  }
  if (!set_serial(made.get(), terms.serial)) {
    return fail(Code::invalid, "cannot make a certificate: '{:.50}' is not a serial number in hex", terms.serial);
  }
  return made;
}

Result<std::string> finish(X509* certificate, EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (X509_sign(certificate, key, EVP_sha256()) == 0 || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return failed(Code::internal, "sign a certificate");
  }
  return text_of(bio);
}

Result<Request> parse_request(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Request request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) return failed(Code::invalid, "read the certificate request");
  if (X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
    return failed(Code::refused, "take the certificate request, its signature is not its key's");
  }
  return request;
}

}  // namespace

void Terms::add_host(const std::string& host) {
  if (is_ip(host)) {
    ips.push_back(host);
  } else if (is_host_name(host)) {
    dns.push_back(host);
  }
}

Result<std::string> make_key() {
  const Key key(EVP_EC_gen("P-256"));
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed(Code::internal, "make a key");
  }
  return text_of(bio);
}

Result<std::string> make_ca(const std::string& key_pem, const Terms& terms) {
  TRY(key, read_key(key_pem));
  TRY(made, begin(terms, key.get()));
  X509* ca = made.get();
  if (X509_set_issuer_name(ca, X509_get_subject_name(ca)) != 1 ||
      !extend(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(ca, ca, NID_subject_key_identifier, "hash")) {
    return failed(Code::internal, "make a CA");
  }
  return finish(ca, key.get());
}

Result<std::string> make_request(const std::string& key_pem, const Subject& subject) {
  TRY(key, read_key(key_pem));
  const Request request(X509_REQ_new());
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!request || !set_name(X509_REQ_get_subject_name(request.get()), subject) ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) == 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1) {
    return failed(Code::invalid, "make a certificate request");
  }
  return text_of(bio);
}

Result<Asked> read_request(const std::string& pem) {
  TRY(request, parse_request(pem));
  const X509_NAME* name = X509_REQ_get_subject_name(request.get());
  return Asked{{entry_of(name, NID_commonName), entry_of(name, NID_organizationName)},
               fingerprint_of(X509_REQ_get_X509_PUBKEY(request.get()))};
}

Result<std::string> sign(const std::string& ca_pem, const std::string& ca_key, const std::string& request_pem,
                         const Terms& terms) {
  TRY(cas, read_certificates(ca_pem));
  TRY(key, read_key(ca_key));
  X509* ca = cas.front().get();
  if (X509_check_private_key(ca, key.get()) != 1)
    return failed(Code::invalid, "sign with this key, it is not the CA's");
  if (X509_check_ca(ca) != 1) return fail(Code::invalid, "cannot sign with this certificate: it is not a CA's");
  TRY(request, parse_request(request_pem));
  TRY(names, alternative_names(terms));
  TRY(made, begin(terms, X509_REQ_get0_pubkey(request.get())));
  const char* use = terms.use == Use::server   ? "serverAuth"
                    : terms.use == Use::client ? "clientAuth"
                                               : "serverAuth,clientAuth";
  if (X509_set_issuer_name(made.get(), X509_get_subject_name(ca)) != 1 ||
      !extend(made.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(made.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !extend(made.get(), ca, NID_ext_key_usage, use) ||
      !extend(made.get(), ca, NID_authority_key_identifier, "keyid") ||
      (!names.empty() && !extend(made.get(), ca, NID_subject_alt_name, names))) {
    return failed(Code::internal, "make a certificate");
  }
  return finish(made.get(), key.get());
}

Result<Certificate> read(const std::string& certificate) {
  TRY(all, read_certificates(certificate));
  return describe(all.front().get());
}

Status verify(const std::string& certificate, const std::string& cas, Use use, Millis now) {
  TRY(chain, read_certificates(certificate));
  TRY(trusted, read_certificates(cas));
  const Store store(X509_STORE_new());
  for (const Cert& ca : trusted) X509_STORE_add_cert(store.get(), ca.get());
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  for (const Cert& one : chain) sk_X509_push(untrusted, one.get());
  const StoreContext context(X509_STORE_CTX_new());
  bool fine = context && X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), untrusted) == 1;
  if (fine) {
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), static_cast<time_t>(now.count() / 1000));
    if (use != Use::both) {
      X509_STORE_CTX_set_purpose(context.get(), use == Use::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
    }
    fine = X509_verify_cert(context.get()) == 1;
  }
  sk_X509_free(untrusted);
  if (fine) return {};
  const int why = context ? X509_STORE_CTX_get_error(context.get()) : X509_V_ERR_OUT_OF_MEM;
  last_error();
  return fail(Code::unauthenticated, "cannot trust the certificate of '{}': {}",
              describe(chain.front().get()).common_name, X509_verify_cert_error_string(why));
}

Status check_pair(const std::string& certificate, const std::string& key_pem) {
  TRY(all, read_certificates(certificate));
  TRY(key, read_key(key_pem));
  if (X509_check_private_key(all.front().get(), key.get()) == 1) return {};
  return failed(Code::invalid, "use the certificate with this key");
}

}  // namespace polly::x509
