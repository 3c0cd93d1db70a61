// What every command is given: where to write, how, and where the coordinator may be.
#pragma once

#include <iosfwd>
#include <string>

namespace polly::cli {

inline constexpr const char* default_config = "/etc/polly/config.yml";

struct Context {
  std::ostream& out;    // what was asked for
  std::ostream& notes;  // what else there is to say, for people
  bool colour = false;  // out is a terminal
  bool json = false;    // -o json

  std::string config_file = default_config;
  bool config_named = false;     // by option or environment: it has to be there then
  std::string coordinator = {};  // by option or environment; "": look into the configuration
};

}  // namespace polly::cli
