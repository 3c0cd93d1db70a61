#include "swarm/store/state.h"

#include <algorithm>

#include "core/codec/identity.h"
#include "core/codec/records.h"
#include "core/codec/refusals.h"

namespace polly::store {
namespace {

constexpr size_t page_size = 500;

std::string key_of(const Volume& volume) {
  return volume_prefix + volume.id;
}
std::string key_of(const Node& node) {
  return "node/" + node.name;
}
std::string key_of(const NodeCertificate& certificate) {
  return certificate_prefix + certificate.node;
}
std::string key_of(const TokenRecord& token) {
  return "token/" + token.hash;
}
std::string key_of(const Operation& operation) {
  return "operation/" + operation.id;
}
std::string key_of(const Event& event) {
  return "event/" + event.id;
}
std::string key_of(const Refusal& refusal) {
  return "refusal/" + refusal.id;
}

// A record that cannot be read is a defect or a damaged disk: told with its key, never passed over.
template <class T>
Result<Stored<T>> decode(const Record& record, Result<T> (*from_json)(const Json&)) {
  auto json = Json::parse(record.value);
  if (!json) return fail(Code::corrupt, "cannot read record '{}': {}", record.key, json.error().message);
  auto value = from_json(*json);
  if (!value) return fail(Code::corrupt, "cannot read record '{}': {}", record.key, value.error().message);
  return Stored<T>{*std::move(value), record.revision};
}

template <class T>
Result<std::optional<Stored<T>>> find(Store& store, const std::string& key, Result<T> (*from_json)(const Json&)) {
  TRY(record, store.get(key));
  if (!record) return std::nullopt;
  TRY(stored, decode(*record, from_json));
  return std::optional<Stored<T>>(std::move(stored));
}

Result<std::vector<Record>> find_all_records(Store& store, const std::string& prefix, std::string after = "") {
  std::vector<Record> all;
  for (bool more = true; more;) {
    TRY(page, store.list(prefix, after, page_size));
    all.insert(all.end(), page.records.begin(), page.records.end());
    more = page.more && !page.records.empty();
    if (more) after = all.back().key;
  }
  return all;
}

template <class T>
Result<std::vector<Stored<T>>> find_all(Store& store, const std::string& prefix, Result<T> (*from_json)(const Json&),
                                        std::string after = "") {
  TRY(records, find_all_records(store, prefix, std::move(after)));
  std::vector<Stored<T>> all;
  for (const auto& record : records) {
    TRY(stored, decode(record, from_json));
    all.push_back(std::move(stored));
  }
  return all;
}

Result<std::string> id_from_json(const Json& json) {
  return json["id"].as_string();
}
Result<uint64_t> promised_from_json(const Json& json) {
  return json["promised"].as_uint();
}
Result<uint64_t> number_from_json(const Json& json) {
  return json["number"].as_uint();
}
Result<int64_t> at_from_json(const Json& json) {
  return json["at"].as_int();
}

}  // namespace

Edit& Edit::write(std::string key, std::optional<std::string> value) {
  transaction_.writes.push_back({std::move(key), std::move(value)});
  return *this;
}

Edit& Edit::unchanged(const Stored<Volume>& volume) {
  transaction_.compares.push_back(Compare::revision_is(key_of(volume.value), volume.revision));
  return *this;
}

Edit& Edit::unchanged(const Stored<Node>& node) {
  transaction_.compares.push_back(Compare::revision_is(key_of(node.value), node.revision));
  return *this;
}

Edit& Edit::unchanged(const Stored<TokenRecord>& token) {
  transaction_.compares.push_back(Compare::revision_is(key_of(token.value), token.revision));
  return *this;
}

Edit& Edit::certificate_unchanged(const std::string& node, Revision revision) {
  return unchanged_or_absent(certificate_prefix + node, revision);
}

Edit& Edit::name_free(const std::string& name) {
  transaction_.compares.push_back(Compare::absent("name/" + name));
  return *this;
}

Edit& Edit::operation_open(const std::string& id, Revision revision) {
  transaction_.compares.push_back(Compare::revision_is("operation/" + id, revision));
  return *this;
}

Edit& Edit::not_released(const std::string& mount_id) {
  transaction_.compares.push_back(Compare::absent("released/" + mount_id));
  return *this;
}

Edit& Edit::promised_unchanged(const std::string& pool, Revision revision) {
  return unchanged_or_absent("pool/" + pool, revision);
}

Edit& Edit::unchanged_or_absent(const std::string& key, Revision revision) {
  transaction_.compares.push_back(revision == 0 ? Compare::absent(key) : Compare::revision_is(key, revision));
  return *this;
}

Edit& Edit::put(const Volume& volume) {
  return write(key_of(volume), to_json(volume).dump());
}
Edit& Edit::put(const Node& node) {
  return write(key_of(node), to_json(node).dump());
}
Edit& Edit::put(const NodeCertificate& certificate) {
  return write(key_of(certificate), to_json(certificate).dump());
}
Edit& Edit::put(const TokenRecord& token) {
  return write(key_of(token), to_json(token).dump());
}
Edit& Edit::put(const Operation& operation) {
  return write(key_of(operation), to_json(operation).dump());
}
Edit& Edit::put(const Event& event) {
  return write(key_of(event), to_json(event).dump());
}
Edit& Edit::put(const Refusal& refusal) {
  return write(key_of(refusal), to_json(refusal).dump());
}

Edit& Edit::put_name(const std::string& name, const std::string& volume_id) {
  return write("name/" + name, Json::object().set("id", volume_id).dump());
}

Edit& Edit::put_released(const std::string& mount_id, int64_t at) {
  return write("released/" + mount_id, Json::object().set("at", at).dump());
}

Edit& Edit::put_promised(const std::string& pool, uint64_t bytes) {
  return write("pool/" + pool, Json::object().set("promised", bytes).dump());
}

Edit& Edit::drop_volume(const std::string& id) {
  return write(volume_prefix + id, std::nullopt);
}
Edit& Edit::drop_name(const std::string& name) {
  return write("name/" + name, std::nullopt);
}
Edit& Edit::drop_operation(const std::string& id) {
  return write("operation/" + id, std::nullopt);
}
Edit& Edit::drop_token(const std::string& hash) {
  return write("token/" + hash, std::nullopt);
}
Edit& Edit::drop_key(const std::string& key) {
  return write(key, std::nullopt);
}

Result<Stored<Volume>> State::volume(const std::string& name) {
  TRY(id, find(store_, "name/" + name, id_from_json));
  if (!id) return fail(Code::not_found, "no volume '{}'; `polly volume ls` lists them", name);
  return volume_by_id(id->value);
}

Result<Stored<Volume>> State::volume_by_id(const std::string& id) {
  TRY(found, find(store_, volume_prefix + id, volume_from_json));
  if (!found) return fail(Code::not_found, "no volume with id '{}'", id);
  return *std::move(found);
}

Result<std::optional<Stored<Node>>> State::find_node(const std::string& name) {
  return find(store_, "node/" + name, node_from_json);
}

Result<Stored<Node>> State::node(const std::string& name) {
  TRY(found, find_node(name));
  if (!found) return fail(Code::not_found, "no node '{}' has joined; `polly node ls` lists them", name);
  return *std::move(found);
}

Result<std::optional<Stored<TokenRecord>>> State::find_token(const std::string& hash) {
  return find(store_, "token/" + hash, token_record_from_json);
}

Result<std::optional<Stored<NodeCertificate>>> State::find_certificate(const std::string& node) {
  return find(store_, certificate_prefix + node, node_certificate_from_json);
}

Result<std::optional<Stored<Operation>>> State::find_operation(const std::string& id) {
  return find(store_, "operation/" + id, operation_from_json);
}

Result<Stored<uint64_t>> State::promised(const std::string& pool) {
  TRY(found, find(store_, "pool/" + pool, promised_from_json));
  return found.value_or(Stored<uint64_t>{});
}

Result<Refusal> State::refusal(const std::string& id) {
  TRY(found, find(store_, "refusal/" + id, refusal_from_json));
  if (found) return std::move(found->value);
  return fail(Code::not_found, "no refusal '{}' is on record; they are kept for {} days", id,
              std::chrono::duration_cast<std::chrono::days>(events_kept).count());
}

Result<bool> State::is_released(const std::string& mount_id) {
  TRY(record, store_.get("released/" + mount_id));
  return record.has_value();
}

Result<std::vector<Stored<Volume>>> State::volumes() {
  return find_all(store_, volume_prefix, volume_from_json);
}
Result<std::vector<Stored<Node>>> State::nodes() {
  return find_all(store_, "node/", node_from_json);
}
Result<std::vector<Stored<TokenRecord>>> State::tokens() {
  return find_all(store_, "token/", token_record_from_json);
}
Result<std::vector<Stored<NodeCertificate>>> State::certificates() {
  return find_all(store_, certificate_prefix, node_certificate_from_json);
}

Result<std::vector<Stored<Operation>>> State::operations() {
  return find_all(store_, "operation/", operation_from_json);
}

Result<std::vector<Stored<Refusal>>> State::refusals() {
  return find_all(store_, "refusal/", refusal_from_json);
}

Result<std::vector<Event>> State::events(const std::string& subject, size_t limit, int64_t now) {
  // Keys sort by time: look at the last hour first, then further back until there are enough.
  for (int64_t window = 3'600'000;; window *= 8) {
    bool all = window > events_kept.count();
    auto after = all ? std::string() : fmt::format("event/{:015}", std::max<int64_t>(now - window, 0));
    TRY(found, find_all(store_, "event/", event_from_json, after));
    std::vector<Event> chosen;
    for (auto& event : found)
      if (subject.empty() || event.value.subject == subject) chosen.push_back(std::move(event.value));
    if (!all && chosen.size() < limit) continue;
    if (chosen.size() > limit) chosen.erase(chosen.begin(), chosen.end() - static_cast<std::ptrdiff_t>(limit));
    return chosen;
  }
}

// Keys sort by when an event first happened; one that has happened again since stays, and those behind it are looked
// at.
Status State::find_stale_events(int64_t now, size_t limit, std::vector<std::string>& keys) {
  const auto oldest = now - events_kept.count();
  for (std::string after; keys.size() < limit;) {
    TRY(page, store_.list("event/", after, page_size));
    for (const auto& record : page.records) {
      TRY(event, decode(record, event_from_json));
      if (event.value.at >= oldest) return {};
      if (event.value.last < oldest && keys.size() < limit) keys.push_back(record.key);
      after = record.key;
    }
    if (!page.more) return {};
  }
  return {};
}

Result<std::vector<std::string>> State::stale_keys(int64_t now, size_t limit) {
  std::vector<std::string> keys;
  TRY_STATUS(find_stale_events(now, limit, keys));
  // These are in no order of time: all of them are looked at.
  TRY(refused, refusals());
  std::ranges::sort(refused, {}, [](const auto& refusal) { return refusal.value.last; });
  for (size_t i = 0; i < refused.size() && keys.size() < limit; ++i) {
    bool too_many = refused.size() - i > most_refusals;
    if (too_many || refused[i].value.last < now - events_kept.count()) keys.push_back(key_of(refused[i].value));
  }
  TRY(released, find_all_records(store_, "released/"));
  for (const auto& record : released) {
    TRY(at, decode(record, at_from_json));
    if (at.value < now - released_kept.count() && keys.size() < limit) keys.push_back(record.key);
  }
  TRY(all, tokens());
  for (const auto& token : all)
    if (token.value.expires < now - expired_tokens_kept.count() && keys.size() < limit)
      keys.push_back(key_of(token.value));
  return keys;
}

Status State::await_change(const std::string& volume_id, Revision seen, std::chrono::milliseconds timeout) {
  // The record may be older than the history that watches are served from, above all after a restart: a watch from
  // there would answer at once, and the caller ask again and again. So watch from now, if nothing has happened so far.
  const std::string key = volume_prefix + volume_id;
  TRY(page, store_.list(key, "", 1));
  const bool unchanged =
      !page.records.empty() && page.records.front().key == key && page.records.front().revision <= seen;
  if (!unchanged) return {};
  TRY(watch, store_.watch(key, page.revision));
  TRY_STATUS(watch->next(timeout));
  return {};
}

Result<uint64_t> State::incarnation() {
  TRY(found, find(store_, "meta/incarnation", number_from_json));
  if (found) return found->value;
  Transaction first;
  first.compares = {Compare::absent("meta/incarnation")};
  first.writes = {{"meta/incarnation", Json::object().set("number", 1).dump()}};
  auto made = store_.commit(first);
  if (!made && made.error().code != Code::conflict) return fail(made.error());
  return incarnation();
}

}  // namespace polly::store
