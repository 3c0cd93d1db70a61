#include "plugin/frontends/docker/bodies.h"

#include <algorithm>

namespace polly::node {
namespace {

// What is quoted in a message must not break it into lines.
bool is_plain(const std::string& text) {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<std::string> text_member(const Json& json, const char* key) {
  const auto& value = json[key];
  if (value.is_null()) return fail(Code::invalid, "cannot understand the call: {} is missing", key);
  if (!value.is_string())
    return fail(Code::invalid, "cannot understand the call: {} is {}, a string was expected", key, value.type_name());
  if (value.as_string().empty()) return fail(Code::invalid, "cannot understand the call: {} is empty", key);
  if (!is_plain(value.as_string()))
    return fail(Code::invalid, "cannot understand the call: {} has a control character in it", key);
  return value.as_string();
}

Result<Options> read_options(const Json& json) {
  Options options;
  const auto& value = json["Opts"];
  if (value.is_null()) return options;
  if (!value.is_object())
    return fail(Code::invalid, "cannot understand the call: Opts is {}, an object was expected", value.type_name());
  for (const auto& [key, option] : value.as_object()) {
    if (!option.is_string())
      return fail(Code::invalid, "cannot understand the call: option {} is {}, a string was expected", key,
                  option.type_name());
    if (!is_plain(key) || !is_plain(option.as_string()))
      return fail(Code::invalid, "cannot understand the call: an option has a control character in it");
    options[key] = option.as_string();
  }
  return options;
}

}  // namespace

Result<VolumeCall> read_call(const std::string& body, Wants wants) {
  if (body.empty())
    return fail(Code::invalid,
                "cannot understand the call: it came without a body, as an engine sends it when it lost a "
                "connection; try again");
  auto parsed = Json::parse(body);
  if (!parsed) return fail_with(parsed.error(), "cannot understand the call");
  if (!parsed->is_object())
    return fail(Code::invalid, "cannot understand the call: it is {}, an object was expected", parsed->type_name());
  VolumeCall call;
  TRY(name, text_member(*parsed, "Name"));
  call.name = name;
  if (wants == Wants::name_and_id) {
    TRY(id, text_member(*parsed, "ID"));
    call.mount_id = id;
  }
  if (wants == Wants::name_and_options) {
    TRY(options, read_options(*parsed));
    call.options = options;
  }
  return call;
}

http::Response error_reply(const Error& error) {
  http::Response response;
  response.body = Json::object().set("Err", error.message.empty() ? "unknown error" : error.message).dump();
  return response;
}

http::Response ok_reply() {
  http::Response response;
  response.body = R"({"Err":""})";
  return response;
}

}  // namespace polly::node
