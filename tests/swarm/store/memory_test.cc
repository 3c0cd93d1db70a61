#include "swarm/store/memory.h"

#include "tests/swarm/store/store_watch_suite.h"

namespace polly::store {
namespace {

class MemoryEngine {
 public:
  Store& store() { return *store_; }

 private:
  std::unique_ptr<Store> store_ = make_memory_store();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreSuite, MemoryEngine);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreWatchSuite, MemoryEngine);

}  // namespace
}  // namespace polly::store
