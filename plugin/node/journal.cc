#include "plugin/node/journal.h"

#include <cstdio>

#include "base/files.h"
#include "base/log.h"

namespace polly::node {
namespace {

Result<VolumeRecord> read_record(const std::string& path) {
  TRY(text, files::read(path));
  TRY(json, Json::parse(text));
  return volume_record_from_json(json);
}

}  // namespace

Result<Journal::Loaded> Journal::load() {
  TRY_STATUS(files::make_directories(directory_, 0700));
  TRY(names, files::list(directory_));
  Loaded loaded;
  for (const auto& name : names) {
    if (name.size() < 6 || name.substr(name.size() - 5) != ".json") continue;
    auto path = directory_ + "/" + name;
    auto record = read_record(path);
    if (record && record->id + ".json" == name) {
      loaded.records.push_back(*std::move(record));
      continue;
    }
    auto cause = record ? std::string("it speaks of another volume") : record.error().message;
    log::error("journal '{}' cannot be used, it is put aside: {}", path, cause);
    ::rename(path.c_str(), (path + ".unreadable").c_str());
    loaded.unreadable.push_back(path + ".unreadable: " + cause);
  }
  return loaded;
}

Status Journal::save(const VolumeRecord& record) {
  auto path = path_of(record.id);
  if (record.idle()) return files::remove(path);
  return files::write_atomically(path, to_json(record).dump() + "\n");
}

}  // namespace polly::node
