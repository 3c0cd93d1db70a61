// A platform that exists in this process only, for tests of other rooms: it keeps the contract, remembers what was
// asked, and goes wrong on demand. Controllers and node halves share a pool's state by the pool's name.
//
//     memory::Platform& platform = memory::Platform::of("fast");
//     platform.fail_next(memory::Call::attach, Code::unknown_outcome, memory::When::after);   // it did happen
//     platform.hang_next(memory::Call::create);  ..  platform.release();
//
// Settings, all optional: capacity, minimum_size, access_modes, filesystems, sizes, made_at_first_use, control, reach,
// fence, directories (staging and publishing make directories, nothing is mounted).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/mutex.h"
#include "drivers/driver.h"

namespace polly::drivers::memory {

enum class Call { create, remove, attach, detach, list, capacity, stage, unstage, publish, unpublish, find, usage };
enum class When { before, after };  // the effect of the call

struct MemoryVolume {
  std::string id;
  std::string name;
  std::string cluster;
  uint64_t size = 0;
  std::string filesystem;
  std::string uuid;  // of the filesystem, once made
  int times_formatted = 0;
  Epoch epoch;                                    // the last that attached
  std::map<std::string, AttachRequest> attached;  // by node
};

using Volumes = std::map<std::string, MemoryVolume>;  // by id

class Platform {
 public:
  static Platform& of(const std::string& pool);  // lives as long as the process
  static void forget_all();                      // between tests: all pools are empty, no fault is ordered

  void fail_next(Call call, Code code, When when = When::before, int times = 1);
  // The next such call waits, before its effect, until release() or for a minute.
  void hang_next(Call call);
  void release();
  size_t hanging() const;  // calls that wait now

  // "create 1f.. 'pgdata'", "attach 1f.. node1", in the order in which they came.
  std::vector<std::string> calls() const;
  size_t count(Call call) const;
  std::optional<MemoryVolume> volume(const std::string& id) const;
  std::vector<MemoryVolume> volumes() const;
  void set_formatted(const std::string& id, const std::string& uuid);

  // For the two halves. The result of a call is what `effect` returns, unless a fault was ordered.
  template <class Effect>
  std::invoke_result_t<Effect> around(Call call, const std::string& what, Effect effect) {
    auto fault = begin(call, what);
    if (fault && fault->when == When::before) return failure(call, *fault);
    auto result = effect();
    if (fault) return failure(call, *fault);
    return result;
  }
  // The same, with the volumes locked.
  template <class Effect>
  std::invoke_result_t<Effect, Volumes&> perform(Call call, const std::string& what, Effect effect) {
    return around(call, what, [&] {
      Lock lock(mutex_);
      return effect(volumes_);
    });
  }

 private:
  struct Fault {
    Code code = Code::internal;
    When when = When::before;
  };

  std::optional<Fault> begin(Call call, const std::string& what);
  static tl::unexpected<Error> failure(Call call, const Fault& fault);
  void clear();

  mutable Mutex mutex_;
  Condition changed_;
  Volumes volumes_ POLLY_GUARDED_BY(mutex_);
  std::map<Call, std::deque<Fault>> faults_ POLLY_GUARDED_BY(mutex_);
  std::map<Call, int> to_hang_ POLLY_GUARDED_BY(mutex_);
  std::map<Call, size_t> counts_ POLLY_GUARDED_BY(mutex_);
  std::vector<std::string> calls_ POLLY_GUARDED_BY(mutex_);
  size_t hanging_ POLLY_GUARDED_BY(mutex_) = 0;
  uint64_t releases_ POLLY_GUARDED_BY(mutex_) = 0;
};

std::string_view to_string(Call call);

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options);
std::unique_ptr<NodeHalf> make_node_half();

}  // namespace polly::drivers::memory
