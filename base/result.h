// The one way Polly reports failure: a Result holds a value or an Error, an Error a code from a closed list and one
// sentence for a person. What a code means to HTTP and to a shell stands in one table, error_codes.cc.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace polly {

enum class Code {
  invalid,          // the request is wrong in itself; repeating it changes nothing
  unauthenticated,  // no proof of who asks
  refused,          // understood, and a rule says no
  not_found,
  exists,       // the name is taken by something else
  conflict,     // it changed meanwhile; read again and decide again
  busy,         // in use, or something else is at work on it; later it may go
  too_large,    // more than a limit of ours allows
  exhausted,    // no space, no capacity
  unavailable,  // whoever should answer is away; later it may go
  timeout,
  unknown_outcome,  // asked, no answer: it may have happened. Look before repeating
  unsupported,
  corrupt,  // what was read cannot be what was written
  internal,
};

struct Error {
  Code code;
  // Reads "cannot X 'name': cause; what to do". Shown to users as it is.
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// return fail(Code::not_found, "cannot mount volume '{}': no such volume", name);
template <class... Args>
tl::unexpected<Error> fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// Puts what was being tried in front of what went wrong: the code stays.
template <class... Args>
tl::unexpected<Error> fail_with(const Error& cause, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(
      Error{cause.code, fmt::format(format, std::forward<Args>(args)...) + ": " + cause.message});
}

std::string_view code_name(Code code);
Result<Code> code_from_name(std::string_view name);
int http_status(Code code);
int exit_code(Code code);
// The code that a peer's HTTP status stands for, where it sent no code of ours.
Code code_from_http_status(int status);

}  // namespace polly

// Leaves the function with the error of a Result, or names its value:  TRY(volume, find(name));
#define POLLY_JOIN_(a, b) a##b
#define POLLY_JOIN(a, b) POLLY_JOIN_(a, b)
#define TRY(name, expression)                                                                   \
  auto POLLY_JOIN(try_, name) = (expression);                                                   \
  if (!POLLY_JOIN(try_, name)) return ::polly::fail(std::move(POLLY_JOIN(try_, name)).error()); \
  auto& name = *POLLY_JOIN(try_, name)
#define TRY_STATUS(expression) \
  if (auto try_status = (expression); !try_status) return ::polly::fail(std::move(try_status).error())
