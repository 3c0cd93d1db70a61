#include <unistd.h>

#include "base/files.h"
#include "base/system.h"
#include "drivers/memory/memory.h"

namespace polly::drivers::memory {
namespace {

struct Stage {
  std::string pool;
  std::string volume;
  bool directories = false;
};

// What is staged and published, on all nodes of this process: the directories of different nodes differ.
struct Node {
  Mutex mutex;
  std::map<std::string, Stage> stages POLLY_GUARDED_BY(mutex);         // by directory
  std::map<std::string, std::string> targets POLLY_GUARDED_BY(mutex);  // to the directory
};

Node& node() {
  static auto* all = new Node;  // never destroyed: threads of a test may outlive main
  return *all;
}

std::string path_of(const std::string& directory) {
  return directory + "/memory";
}
std::string directory_of(const Staged& staged) {
  return staged.path.substr(0, staged.path.rfind('/'));
}

class MemoryNode : public NodeHalf {
 public:
  Result<Staged> stage(const StageRequest& request, FormatGate& gate) override {
    Stage stage{request.context["pool"].as_string(), request.volume_id, request.context["directories"].as_bool()};
    if (stage.pool.empty())
      return fail(Code::invalid, "cannot stage volume '{}': its publish context names no pool", request.volume_id);
    Platform& platform = Platform::of(stage.pool);
    return platform.around(Call::stage, request.volume_id, [&]() -> Result<Staged> {
      // The gate asks the coordinator: not while anything is locked.
      if (!stage_at(request.directory)) TRY_STATUS(format(platform, request, gate));
      if (stage.directories) TRY_STATUS(files::make_directories(path_of(request.directory)));
      Lock lock(node().mutex);
      node().stages[request.directory] = stage;
      return Staged{path_of(request.directory), ""};
    });
  }

  Status unstage(const std::string& volume_id, const std::string& directory) override {
    auto stage = stage_at(directory);
    if (!stage) return {};
    return Platform::of(stage->pool).perform(Call::unstage, volume_id, [&](Volumes&) -> Status {
      Lock lock(node().mutex);
      for (const auto& [target, from] : node().targets)
        if (from == directory)
          return fail(Code::busy, "cannot unstage volume '{}': it is still published at '{}'", volume_id, target);
      node().stages.erase(directory);
      if (stage->directories) ::rmdir(path_of(directory).c_str());
      return {};
    });
  }

  Status publish(const Staged& staged, const std::string& target, Access) override {
    std::string directory = directory_of(staged);
    auto stage = stage_at(directory);
    if (!stage) return fail(Code::not_found, "cannot publish '{}': it is not staged", staged.path);
    return Platform::of(stage->pool).perform(Call::publish, target, [&](Volumes&) -> Status {
      if (stage->directories) TRY_STATUS(files::make_directories(target));
      Lock lock(node().mutex);
      auto [entry, fresh] = node().targets.emplace(target, directory);
      if (fresh || entry->second == directory) return {};
      return fail(Code::busy, "cannot publish '{}' at '{}': '{}' is there", staged.path, target, entry->second);
    });
  }

  Status unpublish(const std::string& target) override {
    auto stage = stage_of_target(target);
    if (!stage) return {};
    return Platform::of(stage->pool).perform(Call::unpublish, target, [&](Volumes&) -> Status {
      Lock lock(node().mutex);
      node().targets.erase(target);
      if (stage->directories) ::rmdir(target.c_str());
      return {};
    });
  }

  Result<Staged> find(const std::string& volume_id, const std::string& directory) override {
    auto stage = stage_at(directory);
    if (!stage) return Staged{};
    return Platform::of(stage->pool).perform(Call::find, volume_id, [&](Volumes&) -> Result<Staged> {
      if (stage->volume == volume_id) return Staged{path_of(directory), ""};
      return fail(Code::busy, "cannot use '{}' for volume '{}': volume '{}' is there", directory, volume_id,
                  stage->volume);
    });
  }

  Result<Usage> usage(const Staged& staged) override {
    auto stage = stage_at(directory_of(staged));
    if (!stage) return fail(Code::not_found, "cannot measure '{}': it is not staged", staged.path);
    return Platform::of(stage->pool).perform(Call::usage, stage->volume, [&](Volumes& volumes) -> Result<Usage> {
      auto found = volumes.find(stage->volume);
      return Usage{found == volumes.end() ? 0 : found->second.size, 0};
    });
  }

 private:
  static std::optional<Stage> stage_at(const std::string& directory) {
    Lock lock(node().mutex);
    auto found = node().stages.find(directory);
    if (found == node().stages.end()) return std::nullopt;
    return found->second;
  }

  static std::optional<Stage> stage_of_target(const std::string& target) {
    Lock lock(node().mutex);
    auto found = node().targets.find(target);
    if (found == node().targets.end()) return std::nullopt;
    auto stage = node().stages.find(found->second);
    if (stage == node().stages.end()) return std::nullopt;
    return stage->second;
  }

  // The rule of kit/format.h, played on a platform whose devices are always readable.
  static Status format(Platform& platform, const StageRequest& request, FormatGate& gate) {
    if (request.filesystem.empty() || request.origin != Origin::made) return {};
    auto known = platform.volume(request.volume_id);
    if (request.format.state == Format::State::formatted) {
      if (!known || known->uuid == request.format.uuid) return {};
      return fail(Code::corrupt, "cannot use volume '{}': it holds filesystem '{}' and the record says '{}'",
                  request.volume_id, known->uuid, request.format.uuid);
    }
    bool resumed = request.format.state == Format::State::formatting;
    if (known && !known->uuid.empty() && (!resumed || known->uuid != request.format.uuid))
      return fail(Code::corrupt, "cannot make a filesystem on volume '{}': it holds '{}'; nothing was changed",
                  request.volume_id, known->uuid);
    std::string uuid = resumed ? request.format.uuid : make_id();
    TRY_STATUS(gate.begin(uuid));
    platform.set_formatted(request.volume_id, uuid);
    return gate.done(uuid);
  }
};

}  // namespace

std::unique_ptr<NodeHalf> make_node_half() {
  return std::make_unique<MemoryNode>();
}

}  // namespace polly::drivers::memory
