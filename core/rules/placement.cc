#include "core/rules/placement.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/model/name.h"
#include "core/model/size.h"

namespace polly {
namespace {

// Sizes are whole MiB, so that no driver needs to round and what is promised is what is made.
uint64_t round_up(uint64_t size) {
  constexpr uint64_t mib = 1 << 20;
  return (size + mib - 1) / mib * mib;
}

bool is_octal_mode(const std::string& text) {
  return text.size() >= 3 && text.size() <= 4 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
}

// What is wrong with the request whatever the pool; "" when nothing is.
std::string problem_of(const CreateVolume& request, const ClassSettings* volume_class, const Volume& volume) {
  if (!request.permissions.empty() && !is_octal_mode(request.permissions))
    return fmt::format("perm '{}' is no file mode; write it in octal, such as 0750", request.permissions);
  constexpr int64_t largest_id = 4294967294;
  if (request.uid < 0 || request.uid > largest_id || request.gid < 0 || request.gid > largest_id)
    return "uid and gid are whole numbers from 0 to 4294967294";
  if (volume_class == nullptr) return "";
  if (volume_class->max_size && volume.size > *volume_class->max_size)
    return fmt::format("class '{}' allows at most {}; ask for less or use another class", volume_class->name,
                       format_size(*volume_class->max_size));
  return "";
}

struct Objection {
  std::string text;
  bool full = false;  // more space would cure it
};

// Why a pool will not do; nothing when it will.
std::optional<Objection> objection_to(const PoolFacts& pool, const Volume& volume, const CreateVolume& request) {
  const auto& can = pool.capabilities;
  if (can.access_modes.count(volume.access_mode) == 0)
    return Objection{fmt::format("its driver has no access mode {}", to_string(volume.access_mode))};
  if (!volume.filesystem.empty() && can.filesystems.count(volume.filesystem) == 0)
    return Objection{
        can.filesystems.empty()
            ? fmt::format("its driver makes no filesystems, so not {}", volume.filesystem)
            : fmt::format("its driver makes {}, not {}", fmt::join(can.filesystems, ", "), volume.filesystem)};
  if (!can.sizes && request.size != 0) return Objection{"its driver has no sizes; leave the size out"};
  if (can.sizes && volume.size > pool.free)
    return Objection{fmt::format("only {} are free", format_size(pool.free)), true};
  return std::nullopt;
}

// The volume that is asked for, with what the class and the defaults say where the request says nothing.
Result<Volume> draft(const CreateVolume& request, const ClassSettings* volume_class, const Defaults& defaults) {
  Volume volume;
  volume.name = request.name;
  volume.volume_class = request.volume_class;
  volume.permissions = request.permissions;
  volume.uid = request.uid;
  volume.gid = request.gid;
  volume.filesystem = request.filesystem;
  volume.default_access = defaults.access;
  volume.size = round_up(request.size != 0 ? request.size : defaults.size);
  if (volume_class != nullptr) {
    if (request.size == 0) volume.size = round_up(volume_class->default_size.value_or(volume.size));
    if (request.filesystem.empty()) volume.filesystem = volume_class->filesystem;
    volume.access_mode = volume_class->access_mode.value_or(AccessMode::one_node);
    volume.default_access = volume_class->access.value_or(defaults.access);
  }
  if (!request.access_mode.empty()) {
    auto mode = parse_access_mode(request.access_mode);
    if (!mode) return fail_with(mode.error(), "cannot create volume '{}'", request.name);
    volume.access_mode = *mode;
  }
  return volume;
}

std::vector<std::string> names_of(const std::vector<PoolFacts>& pools) {
  std::vector<std::string> names;
  for (const auto& pool : pools) names.push_back(pool.name);
  return names;
}

}  // namespace

std::vector<std::string> eligible_pools(const CreateVolume& request, const ClassSettings* volume_class,
                                        std::vector<std::string> all) {
  if (!request.pool.empty()) return {request.pool};
  if (volume_class != nullptr && !volume_class->pools.empty()) return volume_class->pools;
  return all;
}

Result<Volume> place(const CreateVolume& request, const ClassSettings* volume_class,
                     const std::vector<PoolFacts>& pools, const Defaults& defaults) {
  TRY_STATUS(check_name("volume", request.name));
  TRY(volume, draft(request, volume_class, defaults));
  if (auto problem = problem_of(request, volume_class, volume); !problem.empty())
    return fail(Code::invalid, "cannot create volume '{}': {}", request.name, problem);

  std::vector<std::string> objections;
  bool only_full = true;
  for (const auto& name : eligible_pools(request, volume_class, names_of(pools))) {
    auto pool = std::find_if(pools.begin(), pools.end(), [&](const auto& p) { return p.name == name; });
    if (pool == pools.end()) {
      return fail(Code::not_found, "cannot create volume '{}': there is no pool '{}'; `polly pool ls` lists them",
                  request.name, name);
    }
    auto objection = objection_to(*pool, volume, request);
    if (!objection) {
      volume.pool = name;
      if (!pool->capabilities.sizes) volume.size = 0;
      return volume;
    }
    only_full = only_full && objection->full;
    objections.push_back(fmt::format("pool '{}': {}", name, objection->text));
  }
  if (objections.empty()) {
    return fail(Code::invalid, "cannot create volume '{}': no pool is configured; add one to the configuration",
                request.name);
  }
  return fail(only_full ? Code::exhausted : Code::invalid, "cannot create volume '{}' of {}: {}", request.name,
              format_size(volume.size), fmt::join(objections, "; "));
}

Status check_same(const Volume& existing, const CreateVolume& request) {
  auto differs = [&](std::string_view what, const std::string& is, const std::string& asked) {
    return fail(Code::exists,
                "cannot create volume '{}': it exists with {} {}, not {}; use another name or other options",
                request.name, what, is, asked);
  };
  if (request.size != 0 && existing.size != round_up(request.size))
    return differs("size", format_size(existing.size), format_size(request.size));
  if (!request.pool.empty() && existing.pool != request.pool) return differs("pool", existing.pool, request.pool);
  if (!request.volume_class.empty() && existing.volume_class != request.volume_class)
    return differs("class", existing.volume_class.empty() ? "none" : existing.volume_class, request.volume_class);
  if (!request.filesystem.empty() && existing.filesystem != request.filesystem)
    return differs("filesystem", existing.filesystem.empty() ? "none" : existing.filesystem, request.filesystem);
  if (!request.access_mode.empty() && to_string(existing.access_mode) != request.access_mode)
    return differs("access mode", std::string(to_string(existing.access_mode)), request.access_mode);
  if (!request.permissions.empty() && existing.permissions != request.permissions)
    return differs("perm", existing.permissions.empty() ? "0755" : existing.permissions, request.permissions);
  if (request.uid != 0 && existing.uid != request.uid)
    return differs("uid", std::to_string(existing.uid), std::to_string(request.uid));
  if (request.gid != 0 && existing.gid != request.gid)
    return differs("gid", std::to_string(existing.gid), std::to_string(request.gid));
  return {};
}

}  // namespace polly
