// The calls of a node, each a route of the v1 API.
#include "swarm/client/coordinator.h"

#include "core/codec/claims.h"
#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "swarm/client/api.h"

namespace polly::client {
namespace {

using http::encode_segment;
using std::chrono::milliseconds;

// On top of the time that the coordinator may take for its answer.
constexpr milliseconds mount_margin{3'000}, feed_margin{5'000};

std::string node_path(const std::string& node, std::string_view rest) {
  return fmt::format("/v1/nodes/{}/{}", encode_segment(node), rest);
}

std::string volume_path(const std::string& name) {
  return "/v1/volumes/" + encode_segment(name);
}
std::string by_node(const std::string& node) {
  return "node " + node;
}

// What cannot be read was no answer of a coordinator: the caller's own request was fine.
template <class T>
Result<T> answer_of(Result<T> (*from_json)(const Json&), const Json& body) {
  auto answer = from_json(body);
  if (!answer) return fail(Code::corrupt, "cannot read the coordinator's answer: {}", answer.error().message);
  return answer;
}

Result<Feed> feed_from_json(const Json& json) {
  Reader reader(json, "feed");
  reader.ignore_rest();
  Feed feed;
  feed.revision = reader.optional_unsigned("revision", 0);
  if (!reader.has("revision")) reader.complain("revision", "is missing");
  feed.reset = reader.optional_bool("reset", false);
  for (const auto& element : reader.array("changed").as_array()) {
    TRY(volume, volume_from_json(element));
    feed.changed.push_back(std::move(volume));
  }
  for (const auto& element : reader.array("removed").as_array())
    feed.removed.push_back({element["id"].as_string(), element["name"].as_string()});
  TRY_STATUS(reader.finish());
  return feed;
}

class HttpCoordinator : public Coordinator {
 public:
  explicit HttpCoordinator(CoordinatorOptions options) : api_(std::move(options)) {}

  Result<SessionGrant> open_session(const OpenSession& request) override {
    TRY(body, api_.call(post(node_path(request.node, "session"), to_json(request), by_node(request.node))));
    return answer_of(session_grant_from_json, body);
  }

  Status heartbeat(const std::string& node, const std::string& session) override {
    return done(post(node_path(node, "heartbeat"), Json::object().set("session", session), by_node(node)));
  }

  Status report_engine(const std::string& node, const std::string& session, const EngineFacts& facts) override {
    auto call = post(node_path(node, "engine?session=" + encode_segment(session)), to_json(facts), by_node(node));
    call.method = "PUT";
    return done(call);
  }

  Result<InventoryAnswer> inventory(const Inventory& inventory) override {
    TRY(body, api_.call(post(node_path(inventory.node, "inventory"), to_json(inventory), by_node(inventory.node))));
    return answer_of(inventory_answer_from_json, body);
  }

  Result<Volume> create_volume(const CreateVolume& request, milliseconds within) override {
    auto call = post("/v1/volumes", to_json(request), request.by);
    call.timeout = within;
    TRY(body, api_.call(call));
    return answer_of(volume_from_json, body);
  }

  Result<Volume> volume(const std::string& name, milliseconds within) override {
    TRY(body, api_.call({.path = volume_path(name), .timeout = within}));
    return answer_of(volume_from_json, body);
  }

  Status remove_volume(const std::string& name, const std::string& by, milliseconds within) override {
    return done({.method = "DELETE", .path = volume_path(name), .by = by, .timeout = within});
  }

  Result<Feed> feed(uint64_t since, milliseconds wait) override {
    TRY(body, api_.call({.path = fmt::format("/v1/feed?since={}&wait_ms={}", since, wait.count()),
                         .timeout = wait + feed_margin}));
    return answer_of(feed_from_json, body);
  }

  Result<MountAnswer> mount(const MountClaim& claim) override {
    auto call = post("/v1/mounts", to_json(claim), by_node(claim.node));
    call.timeout = milliseconds(claim.wait_ms) + mount_margin;
    TRY(body, api_.call(call));
    return answer_of(mount_answer_from_json, body);
  }

  Status release(const Release& release) override {
    return done(post("/v1/releases", to_json(release), by_node(release.node)));
  }

  Status format(const FormatStep& step) override {
    return done(post("/v1/formats", to_json(step), by_node(step.node)));
  }

 private:
  static ApiCall post(std::string path, Json body, std::string by) {
    return {.method = "POST", .path = std::move(path), .body = std::move(body), .by = std::move(by)};
  }

  Status done(const ApiCall& call) {
    auto answer = api_.call(call);
    if (!answer) return fail(std::move(answer).error());
    return {};
  }

  Api api_;
};

}  // namespace

std::unique_ptr<Coordinator> connect(CoordinatorOptions options) {
  return std::make_unique<HttpCoordinator>(std::move(options));
}

}  // namespace polly::client
