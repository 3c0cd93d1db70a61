#include "plugin/node/lane.h"

namespace polly::node {

bool Lane::take_turn(Deadline deadline) {
  Lock lock(mutex);
  while (turn_taken_)
    if (!changed.wait_until(mutex, deadline) && turn_taken_) return false;
  turn_taken_ = true;
  return true;
}

bool Lane::try_turn() {
  Lock lock(mutex);
  if (turn_taken_) return false;
  turn_taken_ = true;
  return true;
}

void Lane::give_turn() {
  Lock lock(mutex);
  turn_taken_ = false;
  changed.notify_all();
}

bool Lane::wait_recovered(Deadline deadline) {
  Lock lock(mutex);
  while (recovering)
    if (!changed.wait_until(mutex, deadline)) return !recovering;
  return true;
}

bool Lane::at_rest() {
  Lock lock(mutex);
  return record_.idle() && !turn_taken_ && !recovering && !settling && !releasing;
}

}  // namespace polly::node
