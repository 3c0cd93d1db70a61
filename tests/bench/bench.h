// Measurements that compare two things side by side in one run: this machine's noise falls on both alike.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/http_client.h"

namespace polly::bench {

// Milliseconds of each call of `one` and `other`, taken in turns of `block` calls.
struct Pair {
  std::vector<double> one;
  std::vector<double> other;
};
Pair interleave(int rounds, int block, const std::function<void()>& one, const std::function<void()>& other);

double percentile(std::vector<double> values, double fraction);
double sum(const std::vector<double>& values);

// A POST that must succeed, or the program ends with what was answered.
std::string post(http::Client& client, const std::string& path, const std::string& body);
std::string call(http::Client& client, const std::string& method, const std::string& path, const std::string& body);

int run_noop_plugin(const std::string& socket_path, const std::string& directory, const std::string& list);
// Each prints rows of a table: what, measured, floor, ratio or difference, limit.
void bench_sockets(const std::string& polly_socket, const std::string& noop_socket, const std::string& volume);
void bench_volumes(const std::string& engine_socket, const std::string& polly_driver, const std::string& noop_driver);
void bench_runs(const std::string& engine_socket, const std::string& polly_volume, const std::string& polly_driver,
                const std::string& noop_volume, const std::string& noop_driver);
// `cycles` mounts and unmounts at the plugin's socket, `at_once` at a time, against an engine double on
// `engine_socket`. False when one failed, one hung, or the last quarter's p99 is over three times the first quarter's.
bool run_cycles(const std::string& plugin_socket, const std::string& engine_socket, const std::string& prefix,
                int cycles, int at_once);
int run_churn(const std::string& plugin_socket, const std::string& engine_socket, const std::string& prefix,
              const std::string& pool, int cycles, int at_once, const std::string& outcomes_path);
int run_engine_double(const std::string& path);

}  // namespace polly::bench
