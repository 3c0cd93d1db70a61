// Who uses a volume: a service of a scheduler, "swarm/db". "swarm/-@node3" is a container outside any service.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/model/access.h"

namespace polly {

struct Service {
  std::string scheduler;  // "swarm"
  std::string name;       // "db", or "-" for a container outside any service
  std::string node;       // only with "-": where it runs
  std::string id{};       // the scheduler's: another service may take the name later. "" where it is not known

  std::string text() const;  // "swarm/db", "swarm/-@node3"
  friend bool operator==(const Service&, const Service&) = default;
};

// A grant's subject: "swarm/db", "swarm/team-*", "mesos15/*", "swarm/-" (on any node), "swarm/-@node3". A "*" stands
// for any run of characters; it never matches "-": containers outside services are named or not meant.
struct ServicePattern {
  std::string text;
  static Result<ServicePattern> parse(std::string_view text);
  bool matches(const Service& service) const;
  // The one service that it names; nothing for a pattern of several, and for containers outside services.
  std::optional<Service> one_service() const;
  friend bool operator==(const ServicePattern&, const ServicePattern&) = default;
};

struct Grant {
  ServicePattern to;
  Access access = Access::read_write;
  std::string by;     // who gave it
  int64_t given = 0;  // wall clock, ms
  int64_t expires{};  // wall clock, ms: from then on it does not count; 0 for never
  std::string pin{};  // the id of the only service for which it counts; "" for whoever bears the name

  friend bool operator==(const Grant&, const Grant&) = default;
};

}  // namespace polly
