#include "swarm/sessions/admission.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/system.h"
#include "core/codec/identity.h"
#include "core/model/name.h"

namespace polly::swarm {
namespace {

// Again and again while somebody else was faster.
template <class Attempt>
auto repeat(Attempt attempt) {
  constexpr int most = 8;
  auto outcome = attempt();
  for (int i = 1; i < most && !outcome && outcome.error().code == Code::conflict; ++i) outcome = attempt();
  return outcome;
}

std::string whom(const TokenRecord& token) {
  if (!token.node.empty()) return fmt::format("for node '{}'", token.node);
  return token.uses == 1 ? "for one node" : fmt::format("for {} nodes", token.uses);
}

}  // namespace

Result<MadeToken> Admission::make_token(const TokenWishes& wishes, const std::string& by) {
  const JoinToken token{authority_.certificate().fingerprint, make_id()};
  TokenRecord record;
  record.hash = sha256(token.secret);
  record.node = wishes.node;
  record.uses = wishes.uses;
  record.made = now(context_);
  record.expires = record.made + wishes.ttl_ms;
  record.by = by;
  store::Edit edit;
  edit.put(record).put(make_event(context_, "token.made", "token " + record.id(), by, whom(record)));
  TRY_STATUS(context_.state.commit(edit));
  return MadeToken{token.text(), record};
}

Result<std::vector<TokenRecord>> Admission::tokens() {
  TRY(all, context_.state.tokens());
  std::vector<TokenRecord> records;
  for (auto& token : all) records.push_back(std::move(token.value));
  return records;
}

Status Admission::revoke_token(const std::string& id, const std::string& by) {
  TRY(all, tokens());
  for (const auto& token : all) {
    if (token.id() != id) continue;
    store::Edit edit;
    edit.drop_token(token.hash).put(make_event(context_, "token.revoked", "token " + id, by, ""));
    TRY_STATUS(context_.state.commit(edit));
    return {};
  }
  return fail(Code::not_found, "no join token '{}'; `polly node token ls` lists them", id);
}

Result<store::Stored<TokenRecord>> Admission::usable_token(const JoinRequest& request) {
  constexpr const char* cure = "`polly node token` on the coordinator's machine makes another one";
  TRY(found, context_.state.find_token(sha256(request.secret)));
  if (!found)
    return fail(
        Code::unauthenticated,
        "cannot join node '{}': the token is not known here, or not any more: it may have expired, or have been "
        "revoked; {}",
        request.node, cure);
  const auto& token = found->value;
  if (token.expires <= now(context_))
    return fail(Code::unauthenticated, "cannot join node '{}': the token has expired; {}", request.node, cure);
  if (!token.node.empty() && token.node != request.node)
    return fail(Code::refused, "cannot join node '{}': the token serves node '{}' alone; {}", request.node, token.node,
                cure);
  return *std::move(found);
}

Result<JoinAnswer> Admission::join(const JoinRequest& request, const std::string& address) {
  TRY_STATUS(check_name("node", request.node));
  auto answer = repeat([&] { return try_join(request, address); });
  if (!answer) log::warn("no certificate for node={} address={}: {}", request.node, address, answer.error().message);
  return answer;
}

// Signed before it is on record: what a crash, or a lost answer, leaves is asked for again with the same key.
Result<JoinAnswer> Admission::try_join(const JoinRequest& request, const std::string& address) {
  TRY(token, usable_token(request));
  TRY(asked, x509::read_request(request.request));
  TRY(found, context_.state.find_certificate(request.node));
  const bool living = found && found->value.living(now(context_));
  const bool again = living && found->value.key == asked.key;
  if (living && !again)
    return fail(Code::refused,
                "cannot join node '{}': that name has a living certificate of another key; if its machine is gone, "
                "`polly node revoke {}` frees it",
                request.node, request.node);
  if (!again && token.value.used >= token.value.uses)
    return fail(Code::unauthenticated,
                "cannot join node '{}': the token has been used up; `polly node token` on the coordinator's machine "
                "makes another one",
                request.node);
  TRY(certificate, authority_.certify_node(request.node, request.request, context_.clock.wall()));
  TRY(described, x509::read(certificate));
  store::Edit edit;
  edit.unchanged(token).certificate_unchanged(request.node, found ? found->revision : 0);
  if (!again) token.value.used += 1;
  edit.put(token.value)
      .put(NodeCertificate{request.node, described.serial, described.key, token.value.hash, now(context_),
                           described.not_after.count(), 0})
      .put(make_event(context_, "node.certified", "node " + request.node, address, "by token " + token.value.id()));
  TRY_STATUS(context_.state.commit(edit));
  log::info("certificate given node={} address={} serial={}", request.node, address, described.serial);
  return JoinAnswer{certificate, authority_.pem()};
}

Status Admission::revoke(const std::string& node, const std::string& by) {
  return repeat([&] { return try_revoke(node, by); });
}

Status Admission::try_revoke(const std::string& node, const std::string& by) {
  TRY(found, context_.state.find_certificate(node));
  if (!found)
    return fail(Code::not_found, "cannot revoke node '{}': it has no certificate; `polly node ls` lists the nodes",
                node);
  if (found->value.revoked != 0) return {};
  TRY(record, context_.state.find_node(node));
  store::Edit edit;
  edit.certificate_unchanged(node, found->revision).drop_token(found->value.token);
  found->value.revoked = now(context_);
  edit.put(found->value);
  if (record) {
    edit.unchanged(*record);
    record->value.session.clear();
    edit.put(record->value);
  }
  edit.put(make_event(context_, "node.revoked", "node " + node, by, "serial " + found->value.serial));
  TRY_STATUS(context_.state.commit(edit));
  log::info("certificate revoked node={} serial={} by={}", node, found->value.serial, by);
  return {};
}

Status Admission::check(const std::string& node, const std::string& serial) {
  Lock lock(mutex_);
  TRY_STATUS(follow());
  auto found = certificates_.find(node);
  if (found == certificates_.end() || found->second.serial != serial)
    return fail(Code::unauthenticated,
                "the certificate of node '{}' is not the one on record; join again: `polly node join`", node);
  if (found->second.revoked != 0)
    return fail(Code::unauthenticated,
                "the certificate of node '{}' was revoked; with a fresh token it can join again: `polly node join`",
                node);
  if (!found->second.living(now(context_)))
    return fail(Code::unauthenticated, "the certificate of node '{}' has expired; join again: `polly node join`", node);
  return {};
}

Status Admission::follow() {
  if (!watch_) return load();
  TRY(batch, watch_->next(Millis(0)));
  if (batch.compacted) return load();
  for (const auto& change : batch.changes) {
    if (!change.value) continue;  // none is ever dropped
    auto certificate = Json::parse(*change.value).and_then(node_certificate_from_json);
    if (!certificate) {
      watch_.reset();  // what it told is lost: from the start next time
      return fail(certificate.error());
    }
    certificates_[certificate->node] = *certificate;
  }
  return {};
}

// Watches from before the first page: what is written meanwhile comes again.
Status Admission::load() {
  TRY(first, context_.state.store().list(store::certificate_prefix, "", 1));
  TRY(all, context_.state.certificates());
  TRY(watch, context_.state.store().watch(store::certificate_prefix, first.revision));
  certificates_.clear();
  for (const auto& stored : all) certificates_[stored.value.node] = stored.value;
  watch_ = std::move(watch);
  return {};
}

}  // namespace polly::swarm
