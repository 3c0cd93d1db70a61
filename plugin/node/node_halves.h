// The drivers' node halves, each made when first needed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "drivers/driver.h"

namespace polly::node {

class NodeHalves {
 public:
  using Make = std::function<Result<std::unique_ptr<drivers::NodeHalf>>(const std::string& driver)>;
  explicit NodeHalves(Make make = drivers::make_node_half) : make_(std::move(make)) {}

  // Stays as long as this does.
  Result<drivers::NodeHalf*> get(const std::string& driver);

 private:
  Make make_;
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<drivers::NodeHalf>> made_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::node
