// Tells the coordinator what this node holds, under each new session and now and then: what it does not name is
// released there. While one is under way, and until the first was answered, no mount is asked for (admission.h).
#pragma once

#include "plugin/guard/loop.h"
#include "plugin/node/parts.h"

namespace polly::node {

class Announcer {
 public:
  explicit Announcer(Parts& parts);
  void stop();

 private:
  std::chrono::milliseconds step();
  Result<Inventory> take() const;
  void report(const InventoryAnswer& answer);

  Parts& parts_;
  Deadline next_{};  // the loop's alone, like the next
  std::string last_problem_;
  guard::Backoff backoff_{std::chrono::milliseconds(100), std::chrono::seconds(2)};
  guard::Loop loop_;
};

}  // namespace polly::node
