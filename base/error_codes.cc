// What each code is called, and what it means to HTTP and to a shell. The one table: API, command line and docs follow
// it, so a line never changes its numbers once it is released.
#include <array>

#include "base/result.h"

namespace polly {
namespace {

struct Meaning {
  Code code;
  std::string_view name;
  int http_status;
  int exit_code;
};

constexpr std::array kMeanings{
    Meaning{Code::internal, "internal", 500, 1},
    Meaning{Code::invalid, "invalid", 400, 2},
    Meaning{Code::unauthenticated, "unauthenticated", 401, 3},
    Meaning{Code::refused, "refused", 403, 4},
    Meaning{Code::not_found, "not_found", 404, 5},
    Meaning{Code::exists, "exists", 409, 6},
    Meaning{Code::conflict, "conflict", 409, 7},
    Meaning{Code::busy, "busy", 423, 8},
    Meaning{Code::too_large, "too_large", 413, 9},
    Meaning{Code::exhausted, "exhausted", 507, 10},
    Meaning{Code::unavailable, "unavailable", 503, 11},
    Meaning{Code::timeout, "timeout", 504, 12},
    Meaning{Code::unknown_outcome, "unknown_outcome", 502, 13},
    Meaning{Code::unsupported, "unsupported", 501, 14},
    Meaning{Code::corrupt, "corrupt", 500, 15},
};
static_assert(kMeanings.size() == static_cast<size_t>(Code::internal) + 1, "a code without a line in the table");

const Meaning& meaning_of(Code code) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) return meaning;
  }
  return kMeanings.front();
}

}  // namespace

std::string_view code_name(Code code) {
  return meaning_of(code).name;
}
int http_status(Code code) {
  return meaning_of(code).http_status;
}
int exit_code(Code code) {
  return meaning_of(code).exit_code;
}

Result<Code> code_from_name(std::string_view name) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.name == name) return meaning.code;
  }
  return fail(Code::invalid, "no error code is called '{}'", name);
}

Code code_from_http_status(int status) {
  switch (status) {  // where several codes share a status, or the status is none of ours
    case 405:
      return Code::unsupported;
    case 408:
      return Code::timeout;
    case 409:
    case 412:
      return Code::conflict;
    case 429:
      return Code::busy;
    case 500:
      return Code::internal;
    default:
      break;
  }
  for (const Meaning& meaning : kMeanings) {
    if (meaning.http_status == status) return meaning.code;
  }
  return status >= 400 && status < 500 ? Code::invalid : Code::internal;
}

}  // namespace polly
