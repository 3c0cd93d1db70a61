// May a service use a volume, and may it write.
#pragma once

#include <optional>
#include <string>

#include "core/model/volume.h"

namespace polly {

struct Permission {
  // The widest that a grant or the volume's default gives; none: it may not.
  std::optional<Access> access;
  const Grant* grant = nullptr;  // the one that gives it; none where the volume is open
  // Without access: grants that are meant for the service's name and do not count.
  const Grant* expired = nullptr;  // the last one to expire
  const Grant* pinned = nullptr;   // to the id of another service, or of one of unknown id
};

// `now` is wall clock, ms. The pointers live as long as the volume.
Permission permission_of(const Volume& volume, const Service& service, int64_t now);
// Why it has none: "its grant expired at 2026-01-02 03:04:05Z"; "" where there never was a grant.
std::string why_not(const Permission& permission);

}  // namespace polly
