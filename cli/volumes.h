// polly volume ls|create|show|rm|restore|release
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

struct CreateWishes {
  std::string name;
  std::string size;
  std::string volume_class;
  std::string pool;
  std::string filesystem;
  std::string access_mode;
  std::string permissions;
  int64_t uid = 0;
  int64_t gid = 0;
};

Status list_volumes(const Context& context, bool trash);
Status create_volume(const Context& context, const CreateWishes& wishes);
Status show_volume(const Context& context, const std::string& name);
Status remove_volume(const Context& context, const std::string& name);
Status purge_volume(const Context& context, const std::string& id);
// `which` is a volume's id, or its name when only one in the trash had it. An empty new name keeps the old one.
Status restore_volume(const Context& context, const std::string& which, const std::string& new_name);

// From a node that does not answer; "" for the only one that holds it.
Status release_volume(const Context& context, const std::string& name, const std::string& node, bool force);

}  // namespace polly::cli
