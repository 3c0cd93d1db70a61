#include "base/openssl.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>

#include "base/digest.h"

namespace polly::openssl {
namespace {

std::string lower_hex(const unsigned char* bytes, size_t length) {
  std::string text;
  for (size_t i = 0; i < length; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  return text;
}

std::string serial_of(X509* certificate) {
  const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  std::vector<unsigned char> bytes(number ? static_cast<size_t>(BN_num_bytes(number.get())) : 0);
  if (number) BN_bn2bin(number.get(), bytes.data());
  return bytes.empty() ? "00" : lower_hex(bytes.data(), bytes.size());
}

Millis wall_of(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::seconds(::timegm(&parts));
}

void read_names(X509* certificate, x509::Certificate& out) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    const ASN1_STRING* value = name->type == GEN_DNS || name->type == GEN_IPADD ? name->d.ia5 : nullptr;
    if (!value) continue;
    const unsigned char* data = ASN1_STRING_get0_data(value);
    const int length = ASN1_STRING_length(value);
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (name->type == GEN_DNS) {
      out.dns.emplace_back(reinterpret_cast<const char*>(data), static_cast<size_t>(length));
    } else if ((length == 4 || length == 16) &&
               ::inet_ntop(length == 4 ? AF_INET : AF_INET6, data, text.data(), text.size())) {
      out.ips.emplace_back(text.data());
    }
  }
  GENERAL_NAMES_free(names);
}

Bio over(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for it on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::string entry_of(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) return "";
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

std::string last_error() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  const char* reason = first == 0 ? nullptr : ERR_reason_error_string(first);
  return reason ? reason : "no reason given";
}

tl::unexpected<Error> failed(Code code, const char* what) {
  return fail(code, "cannot {}: {}", what, last_error());
}

Result<Key> read_key(const std::string& pem) {
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(over(pem).get(), nullptr, no_password, nullptr));
  if (!key) return failed(Code::invalid, "read the private key");
  return key;
}

Result<std::vector<Cert>> read_certificates(const std::string& pem) {
  ERR_clear_error();
  std::vector<Cert> all;
  const Bio bio = over(pem);
  for (Cert one; one.reset(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)), one;) {
    all.push_back(std::move(one));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (all.empty() || !at_end) return failed(Code::invalid, "read the certificate");
  ERR_clear_error();
  return all;
}

std::string fingerprint_of(const X509_PUBKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(key, &der);
  if (length <= 0) return "";
  std::string fingerprint = sha256({reinterpret_cast<const char*>(der), static_cast<size_t>(length)});
  OPENSSL_free(der);
  return fingerprint;
}

x509::Certificate describe(X509* certificate) {
  x509::Certificate out;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  out.common_name = entry_of(subject, NID_commonName);
  out.organization = entry_of(subject, NID_organizationName);
  out.issuer = entry_of(X509_get_issuer_name(certificate), NID_commonName);
  out.serial = serial_of(certificate);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) == 1) {
    out.fingerprint = lower_hex(digest.data(), length);
  }
  out.key = fingerprint_of(X509_get_X509_PUBKEY(certificate));
  read_names(certificate, out);
  out.not_before = wall_of(X509_get0_notBefore(certificate));
  out.not_after = wall_of(X509_get0_notAfter(certificate));
  out.is_ca = X509_check_ca(certificate) == 1;
  return out;
}

Result<std::string> text_of(const Bio& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  if (length <= 0) return failed(Code::internal, "write PEM");
  return std::string(data, static_cast<size_t>(length));
}

}  // namespace polly::openssl
