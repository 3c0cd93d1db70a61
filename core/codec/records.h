// The nouns as JSON and back: the same text in the store's records and in the bodies of the API.
// Keys that a decoder does not know are passed over, so that a newer peer may add some.
#pragma once

#include "core/model/claim.h"
#include "core/model/event.h"
#include "core/model/node.h"
#include "core/model/operation.h"
#include "core/model/pool.h"
#include "core/model/volume.h"

namespace polly {

Json to_json(const Epoch& epoch);
Json to_json(const Service& service);
Json to_json(const Grant& grant);
Json to_json(const Mount& mount);
Json to_json(const Attachment& attachment);
Json to_json(const Volume& volume);
Json to_json(const Node& node);
Json to_json(const Operation& operation);
Json to_json(const Event& event);
Json to_json(const Capabilities& capabilities);

Result<Epoch> epoch_from_json(const Json& json);
Result<Service> service_from_json(const Json& json);
Result<Grant> grant_from_json(const Json& json);
Result<Mount> mount_from_json(const Json& json);
Result<Attachment> attachment_from_json(const Json& json);
Result<Volume> volume_from_json(const Json& json);
Result<Node> node_from_json(const Json& json);
Result<Operation> operation_from_json(const Json& json);
Result<Event> event_from_json(const Json& json);

std::string_view to_string(Format::State state);
std::string_view to_string(Volume::State state);
std::string_view to_string(Attachment::State state);
std::string_view to_string(Origin origin);
std::string_view to_string(Operation::Kind kind);

}  // namespace polly
