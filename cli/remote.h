// The coordinator, from the command line: finding it and asking it.
#pragma once

#include <memory>

#include "base/json.h"
#include "base/result.h"
#include "cli/context.h"
#include "core/model/volume.h"
#include "swarm/client/api.h"

namespace polly::cli {

inline constexpr int coordinator_port = 7979;

// By --coordinator or POLLY_COORDINATOR; else the socket of a coordinator on this machine; else the addresses in the
// configuration's node section. Over the network it speaks as the node that this machine is.
Result<client::CoordinatorOptions> find_coordinator(const Context& context);

std::string asker();  // who runs this command: "root@node1"

Result<Json> ask(const Context& context, const std::string& path,
                 std::chrono::milliseconds timeout = std::chrono::seconds(10));
Result<Json> change(const Context& context, const std::string& method, const std::string& path, Json body = {});

// The list that an answer holds under `key`; `corrupt` when it holds none.
Result<Json::Array> list_in(const Json& answer, std::string_view key);
Result<Volume> volume_in(const Json& answer);
Result<std::vector<Volume>> volumes_in(const Json& answer);

}  // namespace polly::cli
