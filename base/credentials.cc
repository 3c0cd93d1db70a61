#include "base/credentials.h"

#include <sys/stat.h>

#include "base/files.h"

namespace polly::tls {
namespace {

std::string key_file(const std::string& directory) {
  return directory + "/key.pem";
}
std::string ca_file(const std::string& directory) {
  return directory + "/ca.pem";
}
std::string certificate_file(const std::string& directory) {
  return directory + "/certificate.pem";
}

// Tells one state of a file from the next, without reading it; "" where there is none. A file that is replaced has
// another inode, also within one tick of the clock.
std::string mark_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  return fmt::format("{}.{}.{}.{}", info.st_ino, info.st_ctim.tv_sec, info.st_ctim.tv_nsec, info.st_size);
}

}  // namespace

Result<std::string> ensure_key(const std::string& directory) {
  TRY_STATUS(files::make_directories(directory, 0700));
  if (files::exists(key_file(directory))) return files::read_private(key_file(directory));
  TRY(key, x509::make_key());
  TRY_STATUS(files::write_atomically(key_file(directory), key, 0600));
  return std::move(key);
}

Status keep(const std::string& directory, const std::string& certificate, const std::string& ca) {
  TRY(key, files::read_private(key_file(directory)));
  TRY_STATUS(x509::check_pair(certificate, key));
  TRY_STATUS(files::write_atomically(ca_file(directory), ca, 0644));
  return files::write_atomically(certificate_file(directory), certificate, 0644);
}

Status forget(const std::string& directory) {
  TRY_STATUS(files::remove(certificate_file(directory)));
  TRY_STATUS(files::remove(ca_file(directory)));
  return files::remove(key_file(directory));
}

Result<Held> read_held(const std::string& directory) {
  Held held;
  TRY(certificate, files::read(certificate_file(directory)));
  TRY(key, files::read_private(key_file(directory)));
  TRY(ca, files::read(ca_file(directory)));
  TRY_STATUS(x509::check_pair(certificate, key));
  TRY(described, x509::read(certificate));
  return Held{{std::move(certificate), std::move(key)}, std::move(ca), std::move(described)};
}

Result<std::shared_ptr<const Client>> Credentials::client() {
  const std::string mark = mark_of(certificate_file(options_.directory));
  Lock lock(mutex_);
  if (client_ && mark == loaded_) return client_;
  auto loaded = load();
  if (!loaded) {
    return fail(Code::unauthenticated, "there is no certificate to show: {}{}{}", loaded.error().message,
                options_.advice.empty() ? "" : "; ", options_.advice);
  }
  client_ = *loaded;
  loaded_ = mark;
  return client_;
}

Result<std::shared_ptr<const Client>> Credentials::load() const {
  TRY(held, read_held(options_.directory));
  return Client::create(
      {.ca = std::move(held.ca), .identity = std::move(held.identity), .server_name = options_.server_name});
}

ClientSource source_of(std::shared_ptr<Credentials> credentials) {
  return [credentials = std::move(credentials)] { return credentials->client(); };
}

}  // namespace polly::tls
