// polly: the command line, and the coordinator.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/run.h"

int main(int count, char** words) {
  bool colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return polly::cli::run({words + 1, words + count}, {std::cout, std::cerr, colour});
}
