#include "core/model/volume.h"

#include <algorithm>
#include <utility>

namespace polly {

const Attachment* Volume::attachment_on(const std::string& node) const {
  auto found = std::find_if(attachments.begin(), attachments.end(), [&](const auto& a) { return a.node == node; });
  return found == attachments.end() ? nullptr : &*found;
}

Attachment* Volume::attachment_on(const std::string& node) {
  return const_cast<Attachment*>(std::as_const(*this).attachment_on(node));
}

}  // namespace polly
