// The coordinator as a node sees it. An interface, so that the node's rooms can be tested against one that misbehaves.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "core/model/claim.h"
#include "core/model/node.h"
#include "core/model/volume.h"

namespace polly::client {

// What changed among the volumes since a revision: how a node keeps its own record of them.
struct Feed {
  uint64_t revision = 0;  // ask from here next time
  bool reset = false;     // `changed` is everything there is; forget the rest
  std::vector<Volume> changed;
  struct Removed {
    std::string id;
    std::string name;  // another volume may have it by now
    friend bool operator==(const Removed&, const Removed&) = default;
  };
  std::vector<Removed> removed;
};

// Every call is bounded by the time given to it (`within`, or what the request says) or by ten seconds. Away:
// `unavailable`; asked and no answer: `timeout` or `unknown_outcome`. All calls may be repeated.
class Coordinator {
 public:
  virtual ~Coordinator() = default;
  virtual Result<SessionGrant> open_session(const OpenSession& request) = 0;
  // `conflict`: the session is lost; open a new one.
  virtual Status heartbeat(const std::string& node, const std::string& session) = 0;
  virtual Status report_engine(const std::string& node, const std::string& session, const EngineFacts& facts) = 0;
  virtual Result<InventoryAnswer> inventory(const Inventory& inventory) = 0;

  virtual Result<Volume> create_volume(const CreateVolume& request, std::chrono::milliseconds within) = 0;
  virtual Result<Volume> volume(const std::string& name, std::chrono::milliseconds within) = 0;
  virtual Status remove_volume(const std::string& name, const std::string& by, std::chrono::milliseconds within) = 0;
  virtual Result<Feed> feed(uint64_t since, std::chrono::milliseconds wait) = 0;

  virtual Result<MountAnswer> mount(const MountClaim& claim) = 0;
  virtual Status release(const Release& release) = 0;
  virtual Status format(const FormatStep& step) = 0;
};

struct CoordinatorOptions {
  std::vector<http::Endpoint> endpoints;  // tried in turn
  tls::ClientSource tls{};                // for those that are called by TLS
};

// Over HTTP, by the v1 API.
std::unique_ptr<Coordinator> connect(CoordinatorOptions options);

}  // namespace polly::client
