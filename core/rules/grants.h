// May a service use a volume, and may it write.
#pragma once

#include <optional>

#include "core/model/volume.h"

namespace polly {

// The widest access that a grant or the volume's default gives; none: it has no grant.
std::optional<Access> access_of(const Volume& volume, const Service& service);

}  // namespace polly
