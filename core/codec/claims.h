// What nodes and coordinator say to each other about mounts and sessions, as JSON and back.
#pragma once

#include "core/model/claim.h"
#include "core/model/node.h"

namespace polly {

Json to_json(const MountClaim& claim);
Json to_json(const MountAnswer& answer);
Json to_json(const Release& release);
Json to_json(const FormatStep& step);
Json to_json(const CreateVolume& request);
Json to_json(const Inventory& inventory);
Json to_json(const InventoryAnswer& answer);
Json to_json(const OpenSession& request);
Json to_json(const SessionGrant& grant);
Json to_json(const EngineFacts& facts);

Result<MountClaim> mount_claim_from_json(const Json& json);
Result<MountAnswer> mount_answer_from_json(const Json& json);
Result<Release> release_from_json(const Json& json);
Result<FormatStep> format_step_from_json(const Json& json);
Result<CreateVolume> create_volume_from_json(const Json& json);
Result<Inventory> inventory_from_json(const Json& json);
Result<InventoryAnswer> inventory_answer_from_json(const Json& json);
Result<OpenSession> open_session_from_json(const Json& json);
Result<SessionGrant> session_grant_from_json(const Json& json);
Result<EngineFacts> engine_facts_from_json(const Json& json);

}  // namespace polly
