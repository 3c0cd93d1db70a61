#include "plugin/node/catalog.h"

#include <cstdio>

#include "base/files.h"
#include "base/log.h"
#include "core/codec/records.h"

namespace polly::node {
namespace {

constexpr std::chrono::minutes longest_answer{5};  // no call of this node's waits for longer

bool usable(const Volume& volume) {
  return volume.state == Volume::State::ready || volume.state == Volume::State::creating;
}

Result<std::vector<Volume>> read_volumes(const std::string& file) {
  TRY(text, files::read(file, 256 * 1024 * 1024));
  TRY(json, Json::parse(text));
  std::vector<Volume> volumes;
  for (const auto& entry : json["volumes"].as_array()) {
    TRY(volume, volume_from_json(entry));
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

}  // namespace

Status Catalog::load() {
  if (!files::exists(file_)) return {};
  auto volumes = read_volumes(file_);
  if (!volumes) {
    log::error("the record of volumes '{}' cannot be used, it is put aside: {}", file_, volumes.error().message);
    ::rename(file_.c_str(), (file_ + ".unreadable").c_str());
    return {};
  }
  Lock lock(mutex_);
  for (auto& volume : *volumes) put_locked(std::move(volume));
  persisted_ = generation_;
  return {};
}

VolumePtr Catalog::find(const std::string& name) const {
  Lock lock(mutex_);
  auto found = volumes_.find(name);
  return found == volumes_.end() ? nullptr : found->second;
}

std::vector<VolumePtr> Catalog::all() const {
  Lock lock(mutex_);
  std::vector<VolumePtr> volumes;
  volumes.reserve(volumes_.size());
  for (const auto& [name, volume] : volumes_) volumes.push_back(volume);
  return volumes;
}

uint64_t Catalog::generation() const {
  Lock lock(mutex_);
  return generation_;
}

void Catalog::put(Volume volume) {
  Lock lock(mutex_);
  if (gone_.contains(volume.id)) return;
  put_locked(std::move(volume));
}

void Catalog::erase(Volumes::iterator which) {
  names_.erase(which->second->id);
  volumes_.erase(which);
  ++generation_;
}

// A name may belong to another volume by now, and a volume may have come back out of the trash under another name.
void Catalog::put_locked(Volume volume) {
  if (auto former = names_.find(volume.id); former != names_.end() && former->second != volume.name)
    erase(volumes_.find(former->second));
  auto known = volumes_.find(volume.name);
  bool same = known != volumes_.end() && known->second->id == volume.id;
  if (!usable(volume)) {
    if (same) erase(known);
    return;
  }
  if (same && *known->second == volume) return;
  if (known != volumes_.end()) erase(known);
  names_[volume.id] = volume.name;
  auto name = volume.name;
  volumes_[std::move(name)] = std::make_shared<const Volume>(std::move(volume));
  ++generation_;
}

void Catalog::drop(const std::string& name) {
  Lock lock(mutex_);
  if (auto known = volumes_.find(name); known != volumes_.end()) erase(known);
}

void Catalog::apply(client::Feed feed) {
  const auto now = std::chrono::steady_clock::now();
  Lock lock(mutex_);
  if (feed.reset) {
    volumes_.clear();
    names_.clear();
    gone_.clear();
    ++generation_;
  }
  // Removals first: a name that was given again stands in both.
  for (const auto& removed : feed.removed) {
    gone_[removed.id] = now;
    auto known = volumes_.find(removed.name);
    if (known != volumes_.end() && known->second->id == removed.id) erase(known);
  }
  for (const auto& volume : feed.changed) gone_.erase(volume.id);
  for (auto& volume : feed.changed) put_locked(std::move(volume));
}

Status Catalog::persist() {
  const auto longest_answer_ago = std::chrono::steady_clock::now() - longest_answer;
  uint64_t generation = 0;
  {
    Lock lock(mutex_);
    std::erase_if(gone_, [&](const auto& gone) { return gone.second < longest_answer_ago; });
    if (persisted_ == generation_) return {};
    generation = generation_;
  }
  Json volumes = Json::array();
  for (const auto& volume : all()) volumes.push(to_json(*volume));
  Json json;
  json.set("version", 1).set("volumes", std::move(volumes));
  TRY_STATUS(files::write_atomically(file_, json.dump() + "\n"));
  Lock lock(mutex_);
  persisted_ = generation;
  return {};
}

}  // namespace polly::node
