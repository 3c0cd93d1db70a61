#include <algorithm>
#include <limits>

#include "core/codec/reader.h"
#include "core/model/size.h"
#include "drivers/memory/memory.h"

namespace polly::drivers::memory {
namespace {

struct Settings {
  Capabilities can;
  uint64_t capacity = 1ULL << 40;
  uint64_t minimum_size = 0;
  bool directories = false;
};

template <class Value>
Result<Value> choice(std::string_view text, std::initializer_list<Value> values) {
  for (Value value : values)
    if (to_string(value) == text) return value;
  return fail(Code::invalid, "'{}' is not known", text);
}

Settings read_settings(Reader& reader) {
  Settings settings;
  Capabilities& can = settings.can;
  settings.capacity = reader.parsed("capacity", parse_size, settings.capacity);
  settings.minimum_size = reader.parsed("minimum_size", parse_size, settings.minimum_size);
  settings.directories = reader.optional_bool("directories", false);
  can.sizes = reader.optional_bool("sizes", true);
  can.made_at_first_use = reader.optional_bool("made_at_first_use", false);
  can.control = reader.parsed(
      "control",
      [](const std::string& text) {
        return choice(text, {Control::coordinator, Control::node});
      },
      can.control);
  can.reach = reader.parsed(
      "reach",
      [](const std::string& text) {
        return choice(text, {Reach::node, Reach::zone, Reach::cluster});
      },
      can.reach);
  can.fence = reader.parsed(
      "fence",
      [](const std::string& text) {
        return choice(text, {Fence::storage, Fence::self, Fence::none});
      },
      can.fence);
  for (const auto& filesystem : reader.optional_strings("filesystems", {"ext4"})) can.filesystems.insert(filesystem);
  for (const auto& text : reader.optional_strings(
           "access_modes", {"one-mount", "one-node", "one-writer-many-readers", "many-readers", "many-writers"})) {
    auto mode = parse_access_mode(text);
    if (mode) can.access_modes.insert(*mode);
    if (!mode) reader.complain("access_modes", mode.error().message);
  }
  return settings;
}

class MemoryController : public Controller {
 public:
  MemoryController(const ControllerOptions& options, Settings settings)
      : pool_(options.pool),
        cluster_(options.cluster),
        settings_(std::move(settings)),
        platform_(Platform::of(pool_)) {}

  const Capabilities& capabilities() const override { return settings_.can; }

  Status check(const CreateRequest& request) const override {
    const auto& known = settings_.can.filesystems;
    if (request.id.empty()) return fail(Code::invalid, "cannot make volume '{}': it has no id", request.name);
    if (!request.filesystem.empty() && known.count(request.filesystem) == 0)
      return fail(Code::invalid, "cannot make volume '{}' with filesystem '{}': pool '{}' does not know it",
                  request.name, request.filesystem, pool_);
    if (!settings_.can.sizes || size_of(request) >= settings_.minimum_size) return {};
    return fail(Code::invalid, "cannot make volume '{}' with {}: pool '{}' makes at least {}", request.name,
                format_size(request.size), pool_, format_size(settings_.minimum_size));
  }

  Result<Created> create(const CreateRequest& request) override {
    TRY_STATUS(check(request));
    return platform_.perform(Call::create, fmt::format("{} '{}'", request.id, request.name),
                             [&](Volumes& volumes) { return make(request, volumes); });
  }

  Status remove(const std::string& platform_id) override {
    return platform_.perform(Call::remove, platform_id, [&](Volumes& volumes) -> Status {
      auto found = volumes.find(platform_id);
      if (found == volumes.end()) return {};
      TRY_STATUS(check_ours(found->second));
      if (!found->second.attached.empty())
        return fail(Code::busy, "cannot remove volume '{}': it is attached to node '{}'", platform_id,
                    found->second.attached.begin()->first);
      volumes.erase(found);
      return {};
    });
  }

  Result<PublishContext> attach(const AttachRequest& request) override {
    return platform_.perform(
        Call::attach, fmt::format("{} {}", request.platform_id, request.node),
        [&](Volumes& volumes) -> Result<PublishContext> {
          auto found = volumes.find(request.platform_id);
          if (found == volumes.end())
            return fail(Code::not_found, "cannot attach volume '{}': it is not there", request.platform_id);
          MemoryVolume& volume = found->second;
          TRY_STATUS(check_ours(volume));
          if (request.epoch < volume.epoch)
            return fail(Code::refused, "cannot attach volume '{}': its epoch is over", request.platform_id);
          volume.epoch = request.epoch;
          volume.attached[request.node] = request;
          return Json::object().set("pool", pool_).set("node", request.node).set("directories", settings_.directories);
        });
  }

  Status detach(const std::string& platform_id, const std::string& node) override {
    return platform_.perform(Call::detach, fmt::format("{} {}", platform_id, node), [&](Volumes& volumes) -> Status {
      auto found = volumes.find(platform_id);
      if (found != volumes.end()) found->second.attached.erase(node);
      return {};
    });
  }

  Result<std::vector<Found>> list() override {
    return platform_.perform(Call::list, "", [&](Volumes& volumes) -> Result<std::vector<Found>> {
      std::vector<Found> all;
      for (const auto& [id, volume] : volumes)
        if (volume.cluster == cluster_) all.push_back({id, id, volume.name, volume.size});
      return all;
    });
  }

  Result<Capacity> capacity() override {
    return platform_.perform(Call::capacity, "", [&](Volumes& volumes) -> Result<Capacity> {
      return Capacity{settings_.capacity, free_of(volumes)};
    });
  }

 private:
  uint64_t size_of(const CreateRequest& request) const {
    if (!settings_.can.sizes) return 0;
    return request.size == 0 ? std::max<uint64_t>(settings_.minimum_size, 1ULL << 30) : request.size;
  }

  template <class Volumes>
  uint64_t free_of(const Volumes& volumes) const {
    uint64_t used = 0;
    for (const auto& [id, volume] : volumes) used += volume.size;
    return settings_.capacity - std::min(settings_.capacity, used);
  }

  template <class Volumes>
  Result<Created> make(const CreateRequest& request, Volumes& volumes) {
    std::string filesystem = request.filesystem;
    const auto& known = settings_.can.filesystems;
    if (filesystem.empty() && !known.empty()) filesystem = known.count("ext4") != 0 ? "ext4" : *known.begin();
    auto found = volumes.find(request.id);
    if (found == volumes.end()) {
      if (size_of(request) > free_of(volumes))
        return fail(Code::exhausted, "cannot make volume '{}' with {}: pool '{}' has {} left", request.name,
                    format_size(request.size), pool_, format_size(free_of(volumes)));
      MemoryVolume volume;
      volume.id = request.id;
      volume.name = request.name;
      volume.cluster = cluster_;
      volume.size = size_of(request);
      volume.filesystem = filesystem;
      found = volumes.emplace(request.id, volume).first;
    }
    TRY_STATUS(check_ours(found->second));
    if (found->second.size == size_of(request) && found->second.filesystem == filesystem)
      return Created{request.id, found->second.size, filesystem, request.id};
    return fail(Code::exists, "cannot make volume '{}': it is there already, with {}", request.name,
                format_size(found->second.size));
  }

  Status check_ours(const MemoryVolume& volume) const {
    if (volume.cluster == cluster_) return {};
    return fail(Code::refused, "cannot use volume '{}': it belongs to cluster '{}'", volume.id, volume.cluster);
  }

  std::string pool_;
  std::string cluster_;
  Settings settings_;
  Platform& platform_;
};

}  // namespace

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options) {
  Reader reader(options.settings, fmt::format("cannot use pool '{}' with driver 'memory'", options.pool));
  Settings settings = read_settings(reader);
  TRY_STATUS(reader.finish());
  return std::make_unique<MemoryController>(options, std::move(settings));
}

}  // namespace polly::drivers::memory
