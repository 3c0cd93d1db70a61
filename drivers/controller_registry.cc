// The controller halves that exist: one line for each platform.
#include <fmt/ranges.h>

#include <map>

#include "drivers/directory/directory.h"
#include "drivers/driver.h"
#include "drivers/loop/loop.h"
#include "drivers/memory/memory.h"

namespace polly::drivers {
namespace {

using Make = Result<std::unique_ptr<Controller>> (*)(const ControllerOptions&);

const std::map<std::string, Make>& registry() {
  static const std::map<std::string, Make> all = {
      {"directory", directory::make_controller},
      {"loop", loop::make_controller},
      {"memory", memory::make_controller},
  };
  return all;
}

}  // namespace

Result<std::unique_ptr<Controller>> make_controller(const std::string& driver, const ControllerOptions& options) {
  auto found = registry().find(driver);
  if (found != registry().end()) return found->second(options);
  return fail(Code::invalid, "cannot use pool '{}': there is no driver '{}'; known are {}", options.pool, driver,
              fmt::join(controller_drivers(), ", "));
}

std::vector<std::string> controller_drivers() {
  std::vector<std::string> names;
  for (const auto& [name, make] : registry()) names.push_back(name);
  return names;
}

}  // namespace polly::drivers
