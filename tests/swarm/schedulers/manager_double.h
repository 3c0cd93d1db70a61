// A Swarm manager on a Unix socket that answers as the Engine API v1.41 does, streams the events of its services, and
// hangs, lies and breaks off on demand.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <thread>

#include "base/json.h"
#include "base/mutex.h"
#include "tests/base/raw_peer.h"

namespace polly::swarm::docker {

inline Json volume_mount(const std::string& source) {
  return Json::object().set("Type", "volume").set("Source", source);
}

class ManagerDouble {
 public:
  explicit ManagerDouble(const std::string& path)
      : listener_(http::Listener::open({.socket_path = path}, 0600)),
        acceptor_([this](const std::stop_token& stop) { accept(stop); }) {
    EXPECT_TRUE(listener_) << listener_.error().message;
    set("/services", Json::array());
  }
  ~ManagerDouble() {
    acceptor_.request_stop();
    acceptor_.join();
    for (auto& connection : connections_) connection.request_stop();
  }

  void set(const std::string& path, Json json) {
    Lock lock(mutex_);
    answers_[path] = std::move(json);
  }
  void refuse_all(int status) { refuse("", status); }
  // What begins with the path is answered with that status; 200 as ever.
  void refuse(const std::string& path, int status) {
    Lock lock(mutex_);
    refused_[path] = status;
  }
  // What begins with the path is taken and not answered, until it is healed.
  void hang(const std::string& path) {
    Lock lock(mutex_);
    hanging_.insert(path);
  }
  void heal() {
    Lock lock(mutex_);
    refused_.clear();
    hanging_.clear();
  }

  enum class Tell { yes, no };
  // Makes or changes a service whose tasks mount these.
  void put_service(const std::string& id, const std::vector<std::string>& sources, Tell tell = Tell::yes) {
    Json mounts = Json::array();
    for (const auto& source : sources) mounts.push(volume_mount(source));
    Json container = Json::object().set("Mounts", mounts);
    Json spec = Json::object()
                    .set("Name", "name-of-" + id)
                    .set("Labels", Json::object().set("team", "db"))
                    .set("TaskTemplate", Json::object().set("ContainerSpec", container));
    Lock lock(mutex_);
    services_[id] =
        Json::object().set("ID", id).set("Version", Json::object().set("Index", ++index_)).set("Spec", spec);
    changed("update", id, tell);
  }
  void remove_service(const std::string& id) {
    Lock lock(mutex_);
    services_.erase(id);
    changed("remove", id, Tell::yes);
  }
  void say(const std::string& line) {
    Lock lock(mutex_);
    events_.push_back(line);
  }
  void end_events() { leave_followers("0\r\n\r\n"); }
  void cut_events() { leave_followers("7\r\n{\"Ty"); }

  int asked(const std::string& path) const {
    Lock lock(mutex_);
    return static_cast<int>(std::count(asked_.begin(), asked_.end(), path));
  }
  // Paths without queries, in the order in which they came.
  std::vector<std::string> all_asked() const {
    Lock lock(mutex_);
    return asked_;
  }
  std::string query_of_events() const {
    Lock lock(mutex_);
    return query_of_events_;
  }
  int followers() const {
    Lock lock(mutex_);
    return followers_;
  }

 private:
  void changed(const std::string& action, const std::string& id, Tell tell) POLLY_REQUIRES(mutex_) {
    Json all = Json::array();
    for (const auto& [key, service] : services_) all.push(service);
    answers_["/services"] = all;
    answers_.erase("/services/" + id);
    if (services_.count(id) != 0) answers_["/services/" + id] = services_[id];
    if (tell == Tell::no) return;
    Json actor = Json::object().set("ID", id).set("Attributes", Json::object().set("name", "name-of-" + id));
    events_.push_back(Json::object().set("Type", "service").set("Action", action).set("Actor", actor).dump());
  }
  void leave_followers(const std::string& last_words) {
    Lock lock(mutex_);
    last_words_ = last_words;
    ++streams_ended_;
  }

  void accept(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd one{listener_->fd(), POLLIN, 0};
      if (::poll(&one, 1, 10) <= 0) continue;
      UniqueFd fd(::accept4(listener_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) continue;
      connections_.emplace_back([this, taken = std::make_shared<http::RawPeer>(std::move(fd))](
                                    const std::stop_token& ended) { serve(*taken, ended); });
    }
  }

  // Requests without bodies, one after the other.
  void serve(http::RawPeer& peer, const std::stop_token& stop) {
    std::string text;
    while (!stop.stop_requested()) {
      if (peer.is_closed(0)) break;
      text += peer.read_some(10);
      const size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const std::string target = text.substr(4, text.find(' ', 4) - 4);  // after "GET "
      text.erase(0, end + 4);
      const std::string path = target.substr(0, target.find('?'));
      {
        Lock lock(mutex_);
        asked_.push_back(path);
        if (path == "/events") query_of_events_ = target.substr(path.size());
      }
      while (hangs(path) && !stop.stop_requested() && !peer.is_closed(5)) {
      }
      const int status = status_of(path);
      if (path == "/events" && status == 200) {
        stream(peer, stop);
        break;
      }
      answer(peer, path, status);
    }
    peer.close();
  }

  bool hangs(const std::string& path) const {
    Lock lock(mutex_);
    return std::any_of(hanging_.begin(), hanging_.end(), [&](const auto& one) { return path.starts_with(one); });
  }
  int status_of(const std::string& path) const {
    Lock lock(mutex_);
    for (const auto& [refused, status] : refused_)
      if (path.starts_with(refused)) return status;
    return path == "/_ping" || path == "/events" || answers_.count(path) != 0 ? 200 : 404;
  }
  void answer(http::RawPeer& peer, const std::string& path, int status) {
    std::string body = R"({"message":"no"})";
    if (Lock lock(mutex_); status == 200) body = path == "/_ping" ? "OK" : answers_[path].dump();
    peer.send(fmt::format("HTTP/1.1 {} X\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: {}\r\n\r\n{}",
                          status, body.size(), body));
  }

  // As an engine: the head at once, and a chunk for each event that comes after it.
  void stream(http::RawPeer& peer, const std::stop_token& stop) {
    size_t next = 0;
    int ended = 0;
    {
      Lock lock(mutex_);
      next = events_.size();
      ended = streams_ended_;
      ++followers_;
    }
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!stop.stop_requested() && !peer.is_closed(2)) {
      std::string out;
      bool over = false;
      {
        Lock lock(mutex_);
        for (; next < events_.size(); ++next)
          out += fmt::format("{:x}\r\n{}\n\r\n", events_[next].size() + 1, events_[next]);
        over = streams_ended_ != ended;
        if (over) out += last_words_;
      }
      peer.send(out);
      if (over) break;
    }
    Lock lock(mutex_);
    --followers_;
  }

  Result<http::Listener> listener_;
  mutable Mutex mutex_;
  std::map<std::string, Json> answers_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, Json> services_ POLLY_GUARDED_BY(mutex_);
  std::map<std::string, int> refused_ POLLY_GUARDED_BY(mutex_);
  std::set<std::string> hanging_ POLLY_GUARDED_BY(mutex_);
  std::vector<std::string> events_ POLLY_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ POLLY_GUARDED_BY(mutex_);
  std::string query_of_events_ POLLY_GUARDED_BY(mutex_);
  std::string last_words_ POLLY_GUARDED_BY(mutex_);
  int streams_ended_ POLLY_GUARDED_BY(mutex_) = 0;
  int followers_ POLLY_GUARDED_BY(mutex_) = 0;
  int64_t index_ POLLY_GUARDED_BY(mutex_) = 0;
  std::list<std::jthread> connections_;  // of the acceptor, until it has ended
  std::jthread acceptor_;
};

}  // namespace polly::swarm::docker
