// A pool that is a directory on a filesystem which the nodes share: where its volumes stand, and how they are labelled.
//
//     <path>/               made by the operator; never by us, so that storage which is not mounted is noticed
//       <cluster>/          this cluster's volumes: nothing outside it is touched
//         ..                the driver's
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "core/codec/reader.h"
#include "core/model/pool.h"
#include "drivers/driver.h"

namespace polly::drivers::kit {

class PoolDirectory {
 public:
  // Takes `path` and `capacity` out of the settings; problems are the reader's to tell.
  static PoolDirectory from_settings(Reader& reader, const ControllerOptions& options);

  const std::string& pool() const { return pool_; }
  const std::string& cluster() const { return cluster_; }
  std::string directory() const { return path_ + "/" + cluster_; }
  const std::optional<uint64_t>& limit() const { return limit_; }
  // That the path is there; `unavailable` if not.
  Status check() const;
  Status check_made() const;         // that <path>/<cluster> was made; `unavailable` if not
  Status make_if(bool first) const;  // makes it for the first volume; for another it must be there
  // As the filesystem says, but not more than the limit.
  Result<Capacity> capacity() const;

 private:
  Status make() const;

  std::string pool_;
  std::string cluster_;
  std::string path_;
  std::optional<uint64_t> limit_;
};

// What stands beside a volume's data and says whose it is.
struct Label {
  std::string cluster;
  std::string id;
  std::string name;
  uint64_t size = 0;
  std::string filesystem;
};

Status write_label(const std::string& path, const Label& label);
Result<Label> read_label(const std::string& path);

// Volume ids become file names; they are hex digits, but who calls may be wrong.
Status check_id(const std::string& id);

}  // namespace polly::drivers::kit
