#include "core/model/name.h"

#include <algorithm>

namespace polly {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_name_character(char c) {
  return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
}

}  // namespace

Status check_name(std::string_view what, std::string_view name) {
  if (name.size() >= 2 && name.size() <= 128 && is_alphanumeric(name[0]) &&
      std::all_of(name.begin(), name.end(), is_name_character))
    return {};
  return fail(Code::invalid,
              "'{}' is no {} name: use 2 to 128 letters, digits, '_', '.' or '-', a letter or a digit first",
              name.substr(0, 140), what);
}

}  // namespace polly
