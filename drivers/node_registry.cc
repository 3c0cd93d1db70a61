// The node halves that exist: one line for each platform.
#include <fmt/ranges.h>

#include <map>

#include "drivers/directory/directory.h"
#include "drivers/driver.h"
#include "drivers/loop/loop.h"
#include "drivers/memory/memory.h"

namespace polly::drivers {
namespace {

using Make = std::unique_ptr<NodeHalf> (*)();

const std::map<std::string, Make>& registry() {
  static const std::map<std::string, Make> all = {
      {"directory", directory::make_node_half},
      {"loop", loop::make_node_half},
      {"memory", memory::make_node_half},
  };
  return all;
}

}  // namespace

Result<std::unique_ptr<NodeHalf>> make_node_half(const std::string& driver) {
  auto found = registry().find(driver);
  if (found != registry().end()) return found->second();
  std::vector<std::string> names;
  for (const auto& [name, make] : registry()) names.push_back(name);
  return fail(Code::invalid, "cannot mount volumes of driver '{}': this node knows {}; update its plugin", driver,
              fmt::join(names, ", "));
}

}  // namespace polly::drivers
