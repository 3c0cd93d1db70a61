#include "core/model/pool.h"

namespace polly {

std::string_view to_string(Control control) {
  return control == Control::node ? "node" : "coordinator";
}

std::string_view to_string(Reach reach) {
  switch (reach) {
    case Reach::node:
      return "node";
    case Reach::zone:
      return "zone";
    case Reach::cluster:
      return "cluster";
  }
  return "";
}

std::string_view to_string(Fence fence) {
  switch (fence) {
    case Fence::storage:
      return "storage";
    case Fence::self:
      return "self";
    case Fence::none:
      return "none";
  }
  return "";
}

}  // namespace polly
