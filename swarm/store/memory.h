// A store that forgets everything when it goes. For tests.
#pragma once

#include <memory>

#include "swarm/store/store.h"

namespace polly::store {

std::unique_ptr<Store> make_memory_store();

}  // namespace polly::store
