// Inside base only: OpenSSL's objects that free themselves, and its errors.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "base/x509.h"

namespace polly::openssl {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
template <class T, auto free>
using Ptr = std::unique_ptr<T, Free<free>>;

using Bio = Ptr<BIO, BIO_free_all>;
using Key = Ptr<EVP_PKEY, EVP_PKEY_free>;
using Cert = Ptr<X509, X509_free>;
using Request = Ptr<X509_REQ, X509_REQ_free>;
using Store = Ptr<X509_STORE, X509_STORE_free>;
using StoreContext = Ptr<X509_STORE_CTX, X509_STORE_CTX_free>;
using Extension = Ptr<X509_EXTENSION, X509_EXTENSION_free>;
using Number = Ptr<BIGNUM, BN_free>;

// The oldest thing OpenSSL has to say in this thread; forgets all of it.
std::string last_error();
tl::unexpected<Error> failed(Code code, const char* what);  // "cannot <what>: <last error>"

Result<Key> read_key(const std::string& pem);
Result<std::vector<Cert>> read_certificates(const std::string& pem);  // at least one
x509::Certificate describe(X509* certificate);
std::string fingerprint_of(const X509_PUBKEY* key);
std::string entry_of(const X509_NAME* name, int nid);  // "" when it has none
Result<std::string> text_of(const Bio& bio);

}  // namespace polly::openssl
