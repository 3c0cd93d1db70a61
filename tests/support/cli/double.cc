#include "tests/support/cli/double.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <sstream>

#include "base/files.h"
#include "cli/run.h"

namespace polly::test {

TemporaryFolder::TemporaryFolder() : folder_("/tmp/polly-cli-XXXXXX") {
  if (::mkdtemp(folder_.data()) == nullptr) ADD_FAILURE() << "no folder " << folder_;
}

TemporaryFolder::~TemporaryFolder() {
  (void)files::remove_tree(folder_);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& content, mode_t mode) const {
  auto written = files::write_atomically(path(name), content, mode);
  if (!written) ADD_FAILURE() << written.error().message;
  ::chmod(path(name).c_str(), mode);
  return path(name);
}

Double::Double(std::string socket) : socket_(std::move(socket)) {
  http::Endpoint endpoint;
  endpoint.socket_path = socket_;
  auto server = http::Server::start(endpoint, [this](const http::Request& request) { return respond(request); });
  if (server) {
    server_ = *std::move(server);
  } else {
    ADD_FAILURE() << server.error().message;
  }
}

void Double::answer(const std::string& method, const std::string& path, http::Response response) {
  Lock lock(mutex_);
  answers_[method + " " + path] = std::move(response);
}

http::Response Double::respond(const http::Request& request) {
  Lock lock(mutex_);
  asked_.push_back(request);
  auto found = answers_.find(request.method + " " + request.path);
  if (found != answers_.end()) return found->second;
  return http::Response::error({Code::not_found, "the double has no answer to " + request.method + " " + request.path});
}

std::vector<http::Request> Double::asked() const {
  Lock lock(mutex_);
  return asked_;
}

http::Request Double::last_asked() const {
  auto all = asked();
  if (!all.empty()) return all.back();
  ADD_FAILURE() << "nothing was asked";
  return {};
}

Outcome run(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  Outcome outcome;
  outcome.code = cli::run(words, {out, err});
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

Volume some_volume() {
  constexpr int64_t day = 1'767'225'600'000;  // 2026-01-01
  Volume v;
  v.id = "0123456789abcdef0123456789abcdef";
  v.name = "notes";
  v.pool = "images";
  v.volume_class = "gold";
  v.size = 256ULL << 20;
  v.filesystem = "ext4";
  v.state = Volume::State::ready;
  v.format = {Format::State::formatted, "7d444840-9dc0-11d1-b245-5ffdce74fad2"};
  v.epoch = {1, 2};
  v.grants = {{{"swarm/writer"}, Access::read_write, "ann@node1", day}, {{"swarm/reader"}, Access::read_only, "", 0}};
  Mount mount{"m1", {"swarm", "writer", ""}, "task1", "c0ffee00c0ffee00c0ffee", Access::read_write, day};
  v.attachments = {{Attachment::State::attached, "node2", "s1", {1, 2}, {mount}}};
  v.created = day;
  v.created_by = "node node1";
  return v;
}

}  // namespace polly::test
