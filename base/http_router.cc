#include "base/http_server.h"
#include "base/http_uri.h"

namespace polly::http {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

// Empty values never match: "/v1/volumes/" names no volume.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (is_parameter(pattern[i]) ? segments[i].empty() : pattern[i] != segments[i]) return false;
  }
  return true;
}

}  // namespace

Router& Router::on(std::string method, std::string pattern, Handler handler) {
  std::vector<std::string> segments;
  if (pattern.find('{') != std::string::npos) {  // otherwise the pattern is compared as a whole
    for (std::string_view segment : split(pattern)) segments.emplace_back(segment);
  }
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments), std::move(handler)});
  return *this;
}

Response Router::operator()(const Request& request) const {
  const std::string& path = request.raw_path.empty() ? request.path : request.raw_path;
  const std::vector<std::string_view> segments = split(path);
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.segments.empty() ? route.pattern != path : !matches(route.segments, segments)) continue;
    if (route.method != request.method && !(route.method == "GET" && request.method == "HEAD")) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (route.segments.empty()) return route.handler(request);
    Request with_params = request;
    for (size_t i = 0; i < segments.size(); ++i) {
      if (!is_parameter(route.segments[i])) continue;
      auto value = request.raw_path.empty() ? std::string(segments[i]) : percent_decode(segments[i]);
      if (!value) return Response::error(value.error());
      with_params.params[route.segments[i].substr(1, route.segments[i].size() - 2)] = std::move(*value);
    }
    return route.handler(with_params);
  }
  if (allowed.empty()) {
    return Response::error({Code::not_found, fmt::format("cannot serve '{}': no such path", request.path)});
  }
  Response response = Response::error(
      {Code::unsupported, fmt::format("cannot {} '{}': take {}", request.method, request.path, allowed)});
  response.status = 405;
  response.headers["Allow"] = allowed;
  return response;
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Route& route : routes_) all.emplace_back(route.method, route.pattern);
  return all;
}

}  // namespace polly::http
