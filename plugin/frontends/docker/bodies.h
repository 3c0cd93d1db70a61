// The bodies of the volume plugin protocol. Strict about types, silent about keys that a newer engine may send.
//
// An engine whose connection was dropped sends its request again with an empty body: that is an error at once, and
// never waited for.
#pragma once

#include <string>

#include "base/http.h"
#include "plugin/frontends/docker/create_options.h"

namespace polly::node {

struct VolumeCall {
  std::string name;
  std::string mount_id;  // of Mount and Unmount
  Options options;       // of Create
};

enum class Wants { name, name_and_id, name_and_options };

Result<VolumeCall> read_call(const std::string& body, Wants wants);

// 200 {"Err": ..}: Docker shows that text to the user as it is, while it puts its own words around other statuses.
http::Response error_reply(const Error& error);
http::Response ok_reply();  // {"Err": ""}

}  // namespace polly::node
