// A label is a JSON object:
//
//     {"cluster": "polly", "filesystem": "ext4", "id": "<volume id>", "name": "pgdata", "size": 1073741824}
#include "drivers/kit/pool_directory.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>

#include "base/files.h"
#include "base/system.h"
#include "core/model/name.h"
#include "core/model/size.h"

namespace polly::drivers::kit {

PoolDirectory PoolDirectory::from_settings(Reader& reader, const ControllerOptions& options) {
  PoolDirectory pool;
  pool.pool_ = options.pool;
  pool.cluster_ = options.cluster;
  pool.path_ = reader.string("path");
  pool.limit_ = reader.optional_parsed<uint64_t>("capacity", parse_size);
  if (auto named = check_name("cluster", options.cluster); !named) reader.complain("cluster", named.error().message);
  if (!pool.path_.empty() && pool.path_[0] != '/') reader.complain("path", "must start with a '/'");
  while (pool.path_.size() > 1 && pool.path_.back() == '/') pool.path_.pop_back();
  return pool;
}

Status PoolDirectory::check() const {
  struct stat status {};
  int error = ::stat(path_.c_str(), &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(status.st_mode)) return {};
  return fail(Code::unavailable,
              "cannot use pool '{}': '{}': {}; mount the shared storage there, or make the directory", pool_, path_,
              errno_text(error == 0 ? ENOTDIR : error));
}

Status PoolDirectory::make() const {
  TRY_STATUS(check());
  if (::mkdir(directory().c_str(), 0700) == 0) return files::sync_directory(path_);
  if (errno == EEXIST) return {};
  return fail(errno_code(errno), "cannot make '{}' for pool '{}': {}", directory(), pool_, errno_text(errno));
}

Status PoolDirectory::check_made() const {
  TRY_STATUS(check());
  if (files::exists(directory())) return {};
  return fail(Code::unavailable,
              "cannot use pool '{}': '{}' is not there, and it has held volumes; mount its storage, or make that "
              "directory if they are lost",
              pool_, directory());
}

Status PoolDirectory::make_if(bool first) const {
  return first ? make() : check_made();
}

Result<Capacity> PoolDirectory::capacity() const {
  TRY_STATUS(check());
  struct statvfs now {};
  if (::statvfs(path_.c_str(), &now) != 0)
    return fail(Code::unavailable, "cannot tell how full pool '{}' is: '{}': {}", pool_, path_, errno_text(errno));
  Capacity capacity{now.f_blocks * now.f_frsize, now.f_bavail * now.f_frsize};
  if (limit_) {
    capacity.total = *limit_;
    capacity.free = std::min(capacity.free, *limit_);
  }
  return capacity;
}

Status write_label(const std::string& path, const Label& label) {
  Json json = Json::object();
  json.set("cluster", label.cluster).set("id", label.id).set("name", label.name);
  json.set("size", label.size).set("filesystem", label.filesystem);
  return files::write_atomically(path, json.dump_pretty() + "\n");
}

Result<Label> read_label(const std::string& path) {
  TRY(text, files::read(path, 64 * 1024));
  auto json = Json::parse(text);
  if (!json)
    return fail(Code::corrupt, "cannot read '{}': {}; it says whose volume this is: restore it", path,
                json.error().message);
  Reader reader(*json, fmt::format("cannot read '{}'", path));
  Label label{reader.string("cluster"), reader.string("id"), reader.string("name"), reader.optional_unsigned("size", 0),
              reader.optional_string("filesystem")};
  reader.ignore_rest();
  if (auto finished = reader.finish(); !finished) return fail(Code::corrupt, "{}", finished.error().message);
  return label;
}

Status check_id(const std::string& id) {
  return check_name("volume id", id);
}

}  // namespace polly::drivers::kit
