// Removing volumes: into the trash, out of it again, and for good.
#pragma once

#include "swarm/operations/journal.h"

namespace polly::swarm {

// Refused while the volume is attached anywhere, naming node and service. The name is free again at once.
Result<Volume> move_to_trash(const Context& context, const std::string& name, const std::string& by);
// `which` is the volume's id, or its former name where only one of that name is in the trash. Under its former name, or
// `new_name`.
Result<Volume> restore(const Context& context, const std::string& which, const std::string& new_name,
                       const std::string& by);
// Destroys a volume that is in the trash.
Status purge(const Context& context, Journal& journal, const std::string& which, const std::string& by);
// Destroys what has been in the trash for longer than its retention.
void purge_expired(const Context& context, Journal& journal, const std::vector<store::Stored<Volume>>& volumes);

}  // namespace polly::swarm
