// Read, change, commit; again when somebody else was faster.
#pragma once

#include <functional>

#include "swarm/operations/context.h"

namespace polly::swarm {

// `change` gets the volume as it is now, changes it, and adds to the edit what belongs to the same commit (the volume
// itself and the compare of its revision are added here). Its error ends the attempt and is returned. Where nothing
// changes nothing is written: nobody who follows the records is told of news that is none.
using Change = std::function<Status(Volume&, store::Edit&)>;
Result<Volume> amend(const Context& context, const std::string& volume_id, const Change& change);
// The same for who has just read it: begins with what was read.
Result<Volume> amend(const Context& context, store::Stored<Volume> stored, const Change& change);

}  // namespace polly::swarm
