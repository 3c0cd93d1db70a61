#include <algorithm>
#include <array>

#include "drivers/memory/memory.h"

namespace polly::drivers::memory {
namespace {

constexpr std::chrono::seconds kLongestHang{60};

struct Platforms {
  Mutex mutex;
  std::map<std::string, std::unique_ptr<Platform>> by_pool POLLY_GUARDED_BY(mutex);
};

Platforms& platforms() {
  static auto* all = new Platforms;  // never destroyed: threads of a test may outlive main
  return *all;
}

}  // namespace

std::string_view to_string(Call call) {
  static constexpr std::array<std::string_view, 12> names = {"create",  "remove",    "attach", "detach",
                                                             "list",    "capacity",  "stage",  "unstage",
                                                             "publish", "unpublish", "find",   "usage"};
  return names[static_cast<size_t>(call)];
}

Platform& Platform::of(const std::string& pool) {
  Lock lock(platforms().mutex);
  auto& platform = platforms().by_pool[pool];
  if (!platform) platform = std::make_unique<Platform>();
  return *platform;
}

void Platform::forget_all() {
  Lock lock(platforms().mutex);
  for (auto& [pool, platform] : platforms().by_pool) platform->clear();
}

void Platform::clear() {
  Lock lock(mutex_);
  volumes_.clear();
  faults_.clear();
  to_hang_.clear();
  counts_.clear();
  calls_.clear();
}

void Platform::fail_next(Call call, Code code, When when, int times) {
  Lock lock(mutex_);
  for (int i = 0; i < times; ++i) faults_[call].push_back({code, when});
}

void Platform::hang_next(Call call) {
  Lock lock(mutex_);
  ++to_hang_[call];
}

void Platform::release() {
  Lock lock(mutex_);
  ++releases_;
  to_hang_.clear();
  changed_.notify_all();
}

size_t Platform::hanging() const {
  Lock lock(mutex_);
  return hanging_;
}

std::vector<std::string> Platform::calls() const {
  Lock lock(mutex_);
  return calls_;
}

size_t Platform::count(Call call) const {
  Lock lock(mutex_);
  auto found = counts_.find(call);
  return found == counts_.end() ? 0 : found->second;
}

std::optional<MemoryVolume> Platform::volume(const std::string& id) const {
  Lock lock(mutex_);
  auto found = volumes_.find(id);
  if (found == volumes_.end()) return std::nullopt;
  return found->second;
}

std::vector<MemoryVolume> Platform::volumes() const {
  Lock lock(mutex_);
  std::vector<MemoryVolume> all;
  for (const auto& [id, volume] : volumes_) all.push_back(volume);
  return all;
}

void Platform::set_formatted(const std::string& id, const std::string& uuid) {
  Lock lock(mutex_);
  auto found = volumes_.find(id);
  if (found == volumes_.end()) return;  // the controller lives in another process
  found->second.uuid = uuid;
  ++found->second.times_formatted;
}

std::optional<Platform::Fault> Platform::begin(Call call, const std::string& what) {
  Lock lock(mutex_);
  ++counts_[call];
  calls_.push_back(what.empty() ? std::string(to_string(call)) : fmt::format("{} {}", to_string(call), what));
  if (to_hang_[call] > 0) {
    --to_hang_[call];
    ++hanging_;
    uint64_t now = releases_;
    auto deadline = std::chrono::steady_clock::now() + kLongestHang;
    while (releases_ == now && changed_.wait_until(mutex_, deadline)) {
    }
    --hanging_;
  }
  auto& faults = faults_[call];
  if (faults.empty()) return std::nullopt;
  Fault fault = faults.front();
  faults.pop_front();
  return fault;
}

tl::unexpected<Error> Platform::failure(Call call, const Fault& fault) {
  return fail(fault.code, "cannot {}: the memory platform was told to say {}", to_string(call), code_name(fault.code));
}

}  // namespace polly::drivers::memory
