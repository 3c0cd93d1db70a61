#include "drivers/kit/holders.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/files.h"
#include "drivers/kit/mount_table.h"

namespace polly::drivers::kit {
namespace {

std::string mount_namespace(const std::string& process) {
  std::array<char, 64> name{};
  auto size = ::readlink(("/proc/" + process + "/ns/mnt").c_str(), name.data(), name.size());
  return size > 0 ? std::string(name.data(), static_cast<size_t>(size)) : "";
}

bool has_mounted(const std::string& process, dev_t device) {
  auto text = files::read("/proc/" + process + "/mountinfo");
  if (!text) return false;  // it has ended
  auto table = MountTable::parse(*text);
  return table &&
         std::ranges::any_of(table->entries(), [&](const MountEntry& entry) { return entry.device == device; });
}

}  // namespace

std::string mounted_elsewhere(dev_t device) {
  auto processes = files::list("/proc");
  if (!processes) return "";
  auto here = mount_namespace("self");
  for (const auto& process : *processes) {
    if (process.find_first_not_of("0123456789") != std::string::npos) continue;
    auto there = mount_namespace(process);
    if (there.empty() || there == here || !has_mounted(process, device)) continue;
    auto name = files::read("/proc/" + process + "/comm").value_or("?\n");
    return fmt::format("process {} ({})", process, name.substr(0, name.find('\n')));
  }
  return "";
}

std::string who_has_mounted(dev_t device) {
  auto who = mounted_elsewhere(device);
  return who.empty()
             ? "a container or another program still has its filesystem"
             : who + " still has its filesystem mounted in a namespace of its own; end it if no container needs it";
}

}  // namespace polly::drivers::kit
