#include "plugin/guard/arguments.h"

namespace polly::guard {

Result<Arguments> parse_arguments(int count, char** words, bool may_run) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    std::string word = words[i];
    if (word == "--config" && i + 1 < count) {
      arguments.config = words[++i];
    } else if (word.rfind("--config=", 0) == 0) {
      arguments.config = word.substr(9);
    } else if (word == "--version") {
      arguments.version = true;
    } else if (word == "--help" || word == "-h") {
      arguments.help = true;
    } else if (may_run && word == "--run" && i + 1 < count) {
      arguments.run.assign(words + i + 1, words + count);
      break;
    } else {
      return fail(Code::invalid, "cannot understand '{}'; see --help", word);
    }
  }
  return arguments;
}

std::string usage(const std::string& program, bool may_run) {
  std::string text = "Usage: " + program + " [--config FILE] [--version] [--help]";
  if (may_run) text += " [--run COMMAND ARGUMENTS..]";
  text +=
      "\n\n  --config FILE   the node's configuration (/etc/polly/config.yml); POLLY_ variables of the environment "
      "come "
      "before it\n";
  if (may_run) text += "  --run COMMAND   runs COMMAND as a child and starts it again when it ends\n";
  text += "\nExample: " + program + " --config /etc/polly/config.yml\n";
  return text;
}

}  // namespace polly::guard
