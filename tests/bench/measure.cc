#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>

#include "tests/bench/bench.h"

namespace polly::bench {
namespace {

double timed(const std::function<void()>& what) {
  auto begin = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Pair interleave(int rounds, int block, const std::function<void()>& one, const std::function<void()>& other) {
  Pair pair;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < block; ++i) pair.one.push_back(timed(one));
    for (int i = 0; i < block; ++i) pair.other.push_back(timed(other));
  }
  return pair;
}

double percentile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[static_cast<size_t>(fraction * static_cast<double>(values.size() - 1))];
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::string call(http::Client& client, const std::string& method, const std::string& path, const std::string& body) {
  http::Call request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.timeout = std::chrono::seconds(60);
  auto response = client.call(request);
  if (!response || response->status >= 400) {
    fmt::print(stderr, "{} {} failed: {}\n", method, path, response ? response->body : response.error().message);
    std::exit(1);
  }
  return response->body;
}

std::string post(http::Client& client, const std::string& path, const std::string& body) {
  auto answer = call(client, "POST", path, body);
  auto json = Json::parse(answer.empty() ? "{}" : answer);
  if (json && (*json)["Err"].as_string().empty()) return answer;
  fmt::print(stderr, "POST {} {} was answered {}\n", path, body, answer);
  std::exit(1);
}

}  // namespace polly::bench
