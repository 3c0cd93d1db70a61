#include "core/model/service.h"

#include <algorithm>

namespace polly {
namespace {

constexpr std::string_view outside = "-";

// "*" stands for any run of characters. On a mismatch only the last star is tried again, one character longer: an
// earlier one could not do better.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool allowed_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '*';
}

bool allowed_part(std::string_view part) {
  return !part.empty() && part.size() <= 200 && std::all_of(part.begin(), part.end(), allowed_character) &&
         std::count(part.begin(), part.end(), '*') <= 4;
}

}  // namespace

std::string Service::text() const {
  return node.empty() ? scheduler + "/" + name : scheduler + "/" + name + "@" + node;
}

Result<ServicePattern> ServicePattern::parse(std::string_view text) {
  auto slash = text.find('/');
  auto name = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  auto at = name.find('@');
  bool shape = slash != std::string_view::npos && allowed_part(text.substr(0, slash)) &&
               text.substr(0, slash).find('*') == std::string_view::npos && allowed_part(name.substr(0, at)) &&
               (at == std::string_view::npos || (name.substr(0, at) == outside && allowed_part(name.substr(at + 1))));
  if (!shape)
    return fail(Code::invalid,
                "'{}' names no service; write SCHEDULER/SERVICE such as swarm/db or swarm/team-*, or swarm/- and "
                "swarm/-@NODE for containers outside services",
                text.substr(0, 100));
  return ServicePattern{std::string(text)};
}

std::optional<Service> ServicePattern::one_service() const {
  auto slash = text.find('/');
  Service service{text.substr(0, slash), text.substr(slash + 1), ""};
  if (text.find('*') != std::string::npos || service.name.substr(0, service.name.find('@')) == outside) return {};
  return service;
}

bool ServicePattern::matches(const Service& service) const {
  auto slash = text.find('/');
  if (std::string_view(text).substr(0, slash) != service.scheduler) return false;
  auto name = std::string_view(text).substr(slash + 1);
  bool means_outside = name.substr(0, name.find('@')) == outside;
  if (means_outside != (service.name == outside)) return false;
  if (!means_outside) return matches_wildcard(name, service.name);
  auto at = name.find('@');
  return at == std::string_view::npos || matches_wildcard(name.substr(at + 1), service.node);
}

}  // namespace polly
