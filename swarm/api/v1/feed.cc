// GET /v1/feed: how nodes keep their own record of the volumes. A long poll over the store's watch.
#include <map>
#include <optional>
#include <thread>

#include "core/codec/records.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

bool is_visible(const Volume& volume) {
  return volume.state == Volume::State::ready;
}

// What became of a volume; no record: it left the list. By id: its name may be another's by now.
struct Fate {
  std::string name;
  std::optional<Json> record;
};
using News = std::map<std::string, Fate>;

Json render(uint64_t revision, bool reset, const News& news) {
  Json changed = Json::array();
  Json removed = Json::array();
  for (const auto& [id, fate] : news) {
    if (fate.record) {
      changed.push(*fate.record);
    } else {
      removed.push(Json::object().set("id", id).set("name", fate.name));
    }
  }
  return Json::object().set("revision", revision).set("reset", reset).set("changed", changed).set("removed", removed);
}

Result<Json> everything(const Services& s) {
  // Read page by page; changes made meanwhile come with the next call, which goes on from before the first page.
  TRY(first, s.context.state.store().list(store::volume_prefix, "", 1));
  TRY(volumes, s.context.state.volumes());
  News visible;
  for (const auto& stored : volumes)
    if (is_visible(stored.value)) visible[stored.value.id] = {stored.value.name, to_json(stored.value)};
  return render(first.revision, true, visible);
}

// The last word about a volume counts, and it alone is read.
Status replay(const store::Changes& batch, News& news) {
  std::map<std::string_view, const std::string*> last;
  for (const auto& change : batch.changes)
    if (change.value) last[change.key] = &*change.value;  // destroyed: it left the list when it went to the trash
  for (const auto& [key, record] : last) {
    TRY(json, Json::parse(*record));
    TRY(volume, volume_from_json(json));
    if (volume.state == Volume::State::creating) continue;
    news[volume.id] = {volume.name, is_visible(volume) ? std::optional<Json>(std::move(json)) : std::nullopt};
  }
  return {};
}

// Changes come in bursts, and every node has this call open: after the first a moment's pause takes its companions
// along.
Result<Json> changes(const Services& s, uint64_t since, Millis wait) {
  constexpr Millis burst{20};
  TRY(watch, s.context.state.store().watch(store::volume_prefix, since));
  auto deadline = std::chrono::steady_clock::now() + wait;
  News news;
  for (bool last = false; true;) {
    auto left = std::chrono::ceil<Millis>(deadline - std::chrono::steady_clock::now());
    TRY(batch, watch->next(std::max(left, Millis(0))));
    if (batch.compacted) return everything(s);
    TRY_STATUS(replay(batch, news));
    if (last || (news.empty() && left <= Millis(0))) return render(batch.revision, false, news);
    if (news.empty()) continue;
    std::this_thread::sleep_for(burst);
    deadline = std::chrono::steady_clock::now();
    last = true;
  }
}

Result<Json> feed(const Services& s, const http::Request& request) {
  auto number = [&](const char* key) -> uint64_t {
    auto found = request.query.find(key);
    if (found == request.query.end()) return 0;
    auto parsed = Json::parse(found->second);
    return parsed ? parsed->as_uint() : 0;
  };
  constexpr uint64_t longest_wait = 60'000;
  auto since = number("since");
  if (since == 0) return everything(s);
  return changes(s, since, Millis(static_cast<int64_t>(std::min(number("wait_ms"), longest_wait))));
}

}  // namespace

void add_feed_route(Routes& routes, const Services& s) {
  routes.on(Caller::nodes, "GET", "/v1/feed", [s](const http::Request& request) { return respond(feed(s, request)); });
}

}  // namespace polly::swarm::v1
