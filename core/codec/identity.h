// Tokens, certificates and joining as JSON and back: records of the store and bodies of the API.
#pragma once

#include "base/json.h"
#include "core/model/identity.h"

namespace polly {

Json to_json(const TokenRecord& token);
Json to_json(const TokenWishes& wishes);
Json to_json(const NodeCertificate& certificate);
Json to_json(const JoinRequest& request);
Json to_json(const JoinAnswer& answer);

Result<TokenRecord> token_record_from_json(const Json& json);
// Refuses what no token may be: no use, more than a thousand, no time, more than a year.
Result<TokenWishes> token_wishes_from_json(const Json& json);
Result<NodeCertificate> node_certificate_from_json(const Json& json);
Result<JoinRequest> join_request_from_json(const Json& json);
Result<JoinAnswer> join_answer_from_json(const Json& json);

}  // namespace polly
