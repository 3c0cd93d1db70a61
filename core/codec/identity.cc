#include "core/codec/identity.h"

#include "core/codec/reader.h"
#include "core/model/name.h"

namespace polly {

Json to_json(const TokenRecord& token) {
  return Json::object()
      .set("hash", token.hash)
      .set("node", token.node)
      .set("uses", token.uses)
      .set("used", token.used)
      .set("made", token.made)
      .set("expires", token.expires)
      .set("by", token.by);
}

Result<TokenRecord> token_record_from_json(const Json& json) {
  Reader reader(json, "token");
  reader.ignore_rest();
  TokenRecord token;
  token.hash = reader.string("hash");
  token.node = reader.optional_string("node");
  token.uses = reader.unsigned_integer("uses");
  token.used = reader.unsigned_integer("used");
  token.made = reader.integer("made");
  token.expires = reader.integer("expires");
  token.by = reader.optional_string("by");
  TRY_STATUS(reader.finish());
  return token;
}

Json to_json(const TokenWishes& wishes) {
  return Json::object().set("node", wishes.node).set("uses", wishes.uses).set("ttl_ms", wishes.ttl_ms);
}

Result<TokenWishes> token_wishes_from_json(const Json& json) {
  constexpr int64_t year = 366LL * 24 * 3600 * 1000;
  constexpr uint64_t most_uses = 1000;
  Reader reader(json, "cannot make a join token");
  TokenWishes wishes;
  wishes.node = reader.optional_string("node");
  if (auto good = check_name("node", wishes.node); !wishes.node.empty() && !good)
    reader.complain("node", good.error().message);
  wishes.uses = reader.optional_unsigned("uses", wishes.uses);
  if (wishes.uses < 1 || wishes.uses > most_uses) reader.complain("uses", "expected a number from 1 to 1000");
  if (wishes.uses > 1 && !wishes.node.empty()) reader.complain("uses", "one node joins once");
  wishes.ttl_ms = reader.optional_integer("ttl_ms", wishes.ttl_ms);
  if (wishes.ttl_ms < 1 || wishes.ttl_ms > year) reader.complain("ttl_ms", "expected a time of up to a year");
  TRY_STATUS(reader.finish());
  return wishes;
}

Json to_json(const NodeCertificate& certificate) {
  return Json::object()
      .set("node", certificate.node)
      .set("serial", certificate.serial)
      .set("key", certificate.key)
      .set("token", certificate.token)
      .set("issued", certificate.issued)
      .set("expires", certificate.expires)
      .set("revoked", certificate.revoked);
}

Result<NodeCertificate> node_certificate_from_json(const Json& json) {
  Reader reader(json, "certificate");
  reader.ignore_rest();
  NodeCertificate certificate;
  certificate.node = reader.string("node");
  certificate.serial = reader.string("serial");
  certificate.key = reader.string("key");
  certificate.token = reader.string("token");
  certificate.issued = reader.integer("issued");
  certificate.expires = reader.integer("expires");
  certificate.revoked = reader.integer("revoked");
  TRY_STATUS(reader.finish());
  return certificate;
}

Json to_json(const JoinRequest& request) {
  return Json::object().set("node", request.node).set("secret", request.secret).set("request", request.request);
}

Result<JoinRequest> join_request_from_json(const Json& json) {
  Reader reader(json, "cannot join");
  reader.ignore_rest();
  JoinRequest request{reader.string("node"), reader.string("secret"), reader.string("request")};
  TRY_STATUS(reader.finish());
  return request;
}

Json to_json(const JoinAnswer& answer) {
  return Json::object().set("certificate", answer.certificate).set("ca", answer.ca);
}

Result<JoinAnswer> join_answer_from_json(const Json& json) {
  Reader reader(json, "certificate");
  reader.ignore_rest();
  JoinAnswer answer{reader.string("certificate"), reader.string("ca")};
  TRY_STATUS(reader.finish());
  return answer;
}

}  // namespace polly
