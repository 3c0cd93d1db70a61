// The records of the coordinator, typed: what the keys are and what stands under them.
//
//   volume/<id>        Volume, in every state; the aggregate that decides races
//   name/<name>        {"id"}: the volume that has the name; volumes in the trash have none
//   pool/<name>        {"promised"}: bytes of its volumes; only for pools with a configured capacity
//   node/<name>        Node
//   certificate/<name> NodeCertificate: the one that the node may show, or that was revoked last
//   token/<hash>       TokenRecord; by the SHA-256 of its secret, which stands nowhere
//   operation/<id>     Operation; unfinished ones only
//   event/<time>-<n>   Event; time is 15 digits of ms since 1970
//   refusal/<id>       Refusal; a mount that was refused, with what each rule said
//   released/<mount>   {"at"}: a mount that was given up; a claim of it that still waits must not record it any more
//   meta/incarnation   {"number"}: of the store; part of every epoch
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/model/event.h"
#include "core/model/identity.h"
#include "core/model/node.h"
#include "core/model/operation.h"
#include "core/model/refusal.h"
#include "core/model/volume.h"
#include "swarm/store/store.h"

namespace polly::store {

template <class T>
struct Stored {
  T value;
  Revision revision = 0;
};

// A transaction in the making.
class Edit {
 public:
  // Only if the volume, the node is still as it was read.
  Edit& unchanged(const Stored<Volume>& volume);
  Edit& unchanged(const Stored<Node>& node);
  Edit& unchanged(const Stored<TokenRecord>& token);
  Edit& certificate_unchanged(const std::string& node, Revision revision);
  Edit& name_free(const std::string& name);
  Edit& operation_open(const std::string& id, Revision revision);
  Edit& not_released(const std::string& mount_id);
  Edit& promised_unchanged(const std::string& pool, Revision revision);

  Edit& put(const Volume& volume);
  Edit& put(const Node& node);
  Edit& put(const NodeCertificate& certificate);
  Edit& put(const TokenRecord& token);
  Edit& put(const Operation& operation);
  Edit& put(const Event& event);
  Edit& put(const Refusal& refusal);
  Edit& put_name(const std::string& name, const std::string& volume_id);
  Edit& put_released(const std::string& mount_id, int64_t at);
  Edit& put_promised(const std::string& pool, uint64_t bytes);
  Edit& drop_volume(const std::string& id);
  Edit& drop_name(const std::string& name);
  Edit& drop_operation(const std::string& id);
  Edit& drop_token(const std::string& hash);
  Edit& drop_key(const std::string& key);

  const Transaction& transaction() const { return transaction_; }

 private:
  Edit& write(std::string key, std::optional<std::string> value);
  Edit& unchanged_or_absent(const std::string& key, Revision revision);
  Transaction transaction_;
};

class State {
 public:
  explicit State(Store& store) : store_(store) {}

  Result<Revision> commit(const Edit& edit) { return store_.commit(edit.transaction()); }
  Store& store() { return store_; }

  // `not_found` with a sentence, where there is none.
  Result<Stored<Volume>> volume(const std::string& name);
  Result<Stored<Volume>> volume_by_id(const std::string& id);
  Result<std::optional<Stored<Node>>> find_node(const std::string& name);
  Result<Stored<Node>> node(const std::string& name);
  Result<std::optional<Stored<TokenRecord>>> find_token(const std::string& hash);
  Result<std::optional<Stored<NodeCertificate>>> find_certificate(const std::string& node);
  Result<std::optional<Stored<Operation>>> find_operation(const std::string& id);
  // The bytes promised from a pool, revision 0 when nothing ever was.
  Result<Stored<uint64_t>> promised(const std::string& pool);
  Result<Refusal> refusal(const std::string& id);
  Result<bool> is_released(const std::string& mount_id);

  Result<std::vector<Stored<Volume>>> volumes();  // in every state, by id
  Result<std::vector<Stored<Node>>> nodes();
  Result<std::vector<Stored<TokenRecord>>> tokens();
  Result<std::vector<Stored<NodeCertificate>>> certificates();
  Result<std::vector<Stored<Operation>>> operations();
  Result<std::vector<Stored<Refusal>>> refusals();
  // The newest `limit`, the newest last; of a subject only, when one is given. `now` is wall clock, ms.
  Result<std::vector<Event>> events(const std::string& subject, size_t limit, int64_t now);
  // Keys of events, of refusals, of given-up mounts and of expired tokens that are kept for long enough; at most
  // `limit` of them.
  Result<std::vector<std::string>> stale_keys(int64_t now, size_t limit);
  // Returns when the volume's record has changed after `seen`, or at the deadline.
  Status await_change(const std::string& volume_id, Revision seen, std::chrono::milliseconds timeout);
  // Makes the incarnation at the first start.
  Result<uint64_t> incarnation();

 private:
  Status find_stale_events(int64_t now, size_t limit, std::vector<std::string>& keys);

  Store& store_;
};

inline constexpr const char* volume_prefix = "volume/";
inline constexpr const char* certificate_prefix = "certificate/";
inline constexpr std::chrono::milliseconds events_kept = std::chrono::hours(30 * 24);
// Of refusals the newest stay, whatever a node makes of them.
inline constexpr size_t most_refusals = 10'000;
// No claim waits for longer than Docker does, which is two minutes.
inline constexpr std::chrono::milliseconds released_kept = std::chrono::hours(1);
// Who comes with one that has expired is told so for a while.
inline constexpr std::chrono::milliseconds expired_tokens_kept = std::chrono::hours(24);

}  // namespace polly::store
