#include "base/tls_session.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/openssl.h"
#include "base/system.h"

namespace polly::tls {
namespace {

using namespace openssl;

// OpenSSL's own would raise SIGPIPE when the peer is gone.
int send_to(BIO* bio, const char* data, int length) {
  const ssize_t n = ::send(static_cast<int>(BIO_get_fd(bio, nullptr)), data, static_cast<size_t>(length), MSG_NOSIGNAL);
  BIO_clear_retry_flags(bio);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    const BIO_METHOD* own = BIO_s_socket();
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
    BIO_meth_set_write(made, send_to);
    BIO_meth_set_read(made, BIO_meth_get_read(own));
    BIO_meth_set_ctrl(made, BIO_meth_get_ctrl(own));
    BIO_meth_set_create(made, BIO_meth_get_create(own));
    BIO_meth_set_destroy(made, BIO_meth_get_destroy(own));
    return made;
  }();
  return method;
}

// An alert about our certificate, which in TLS 1.3 comes only after our side has finished its handshake.
bool is_about_certificate(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_CERTIFICATE_REQUIRED:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_HANDSHAKE_FAILURE:  // what TLS 1.2 says to whom shows none
      return true;
    default:
      return false;
  }
}

}  // namespace

Session::Session(ssl_st* ssl) : ssl_(ssl) {}

Session::~Session() {
  SSL_free(ssl_);
}

Status Session::attach(int fd) {
  BIO* bio = BIO_new(socket_method());
  if (!bio) return failed(Code::exhausted, "begin TLS");
  BIO_set_fd(bio, fd, BIO_NOCLOSE);
  SSL_set_bio(ssl_, bio, bio);
  return {};
}

// `result` is what the call before has returned, above 0 when it went on.
Step Session::after(int result, size_t bytes) {
  if (result > 0) return {.bytes = bytes};
  const int error = errno;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {.wait = POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {.wait = POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return {};
    default:
      break;
  }
  usable_ = false;
  const long verified = SSL_get_verify_result(ssl_);
  const unsigned long why = ERR_peek_error();
  if (verified != X509_V_OK && !SSL_is_init_finished(ssl_)) {
    ERR_clear_error();
    return {.failure = Error{Code::unauthenticated, fmt::format("the certificate shown there is not trusted: {}",
                                                                X509_verify_cert_error_string(verified))}};
  }
  if (why == 0) {
    return {.failure = Error{Code::unavailable,
                             fmt::format("the connection was lost: {}", error ? errno_text(error) : "it was closed")}};
  }
  const bool ours = is_about_certificate(why);
  return {.failure = Error{ours ? Code::unauthenticated : Code::unavailable,
                           fmt::format("{}{}", ours ? "the other side does not take our certificate: " : "TLS failed: ",
                                       last_error())}};
}

Step Session::handshake() {
  ERR_clear_error();
  errno = 0;
  return after(SSL_do_handshake(ssl_), 0);
}

Step Session::receive(void* buffer, size_t length) {
  if (!usable_) return {.failure = Error{Code::unavailable, "the connection was lost"}};
  ERR_clear_error();
  errno = 0;
  size_t n = 0;
  const int result = SSL_read_ex(ssl_, buffer, length, &n);
  return after(result, n);
}

Step Session::peek() {
  if (!usable_) return {.failure = Error{Code::unavailable, "the connection was lost"}};
  ERR_clear_error();
  errno = 0;
  char byte = 0;
  size_t n = 0;
  const int result = SSL_peek_ex(ssl_, &byte, 1, &n);
  return after(result, n);
}

Step Session::send(const void* buffer, size_t length) {
  if (!usable_) return {.failure = Error{Code::unavailable, "the connection was lost"}};
  ERR_clear_error();
  errno = 0;
  size_t n = 0;
  const int result = SSL_write_ex(ssl_, buffer, length, &n);
  return after(result, n);
}

bool Session::pending() const {
  return usable_ && SSL_has_pending(ssl_) == 1;
}

void Session::end() {
  if (!usable_ || !SSL_is_init_finished(ssl_)) return;
  usable_ = false;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::optional<x509::Certificate> Session::peer() const {
  X509* shown = SSL_get0_peer_certificate(ssl_);
  if (!shown || SSL_get_verify_result(ssl_) != X509_V_OK) return std::nullopt;
  return describe(shown);
}

}  // namespace polly::tls
