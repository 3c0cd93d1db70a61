#include "plugin/node/node_halves.h"

namespace polly::node {

Result<drivers::NodeHalf*> NodeHalves::get(const std::string& driver) {
  Lock lock(mutex_);
  auto& half = made_[driver];
  if (!half) {
    auto made = make_(driver);
    if (!made) return fail(made.error());
    half = *std::move(made);
  }
  return half.get();
}

}  // namespace polly::node
