// The configuration, as read from /etc/polly/config.yml: one file for a machine, with a section for each of its roles.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/model/access.h"

namespace polly {

struct PoolSettings {
  std::string name;
  std::string driver;
  std::optional<uint64_t> capacity;  // bytes that may be promised; none: what the platform says
  Json driver_settings;              // the rest, for the driver
};

struct ClassSettings {
  std::string name;
  std::vector<std::string> pools;  // which qualify, best first; empty: all
  std::string filesystem;
  std::optional<AccessMode> access_mode;
  std::optional<DefaultAccess> access;
  std::optional<uint64_t> default_size;
  std::optional<uint64_t> max_size;
  std::optional<std::chrono::milliseconds> trash_retention;
};

struct SchedulerSettings {
  std::string name;                   // "swarm"
  std::string driver;                 // "docker"
  std::vector<std::string> managers;  // the engines of its managers
};

struct CoordinatorSettings {
  std::string cluster = "polly";  // the tag on the platforms
  std::string state = "/var/lib/polly/coordinator";
  std::string listen = "127.0.0.1:7979";
  std::string socket = "/run/polly/coordinator.sock";  // for the command line on this machine
  DefaultAccess default_access = DefaultAccess::closed;
  uint64_t default_size = 1ULL << 30;
  std::chrono::milliseconds trash_retention = std::chrono::hours(7 * 24);
  std::chrono::milliseconds session_ttl = std::chrono::seconds(12);
  std::vector<PoolSettings> pools;
  std::vector<ClassSettings> classes;
  std::vector<SchedulerSettings> schedulers;
  std::string log_level = "info";
};

struct NodeSettings {
  std::string name;  // "": the host's name
  std::vector<std::string> coordinators = {"127.0.0.1:7979"};
  std::string engine = "unix:///run/docker.sock";
  std::string plugin_socket = "/run/docker/plugins/polly.sock";
  std::string guard_socket = "/run/polly/guard.sock";
  std::string state = "/var/lib/polly/node";     // journal, what is known of the volumes, certificate
  std::string mounts = "/var/lib/polly/mounts";  // volumes are staged and published below it
  std::string run = "/run/polly";                // gone at every boot
  std::string log_level = "info";

  std::string tls() const { return state + "/tls"; }  // the node's key and certificate, see base/credentials.h
};

struct Settings {
  std::optional<CoordinatorSettings> coordinator;
  std::optional<NodeSettings> node;
};

}  // namespace polly
