#include "plugin/node/joiner.h"

#include "base/log.h"

namespace polly::node {

std::chrono::milliseconds Joiner::step() {
  constexpr std::chrono::hours nothing_to_do{24};
  if (done_) return nothing_to_do;
  auto joined = client::join(options_);
  if (joined) {
    log::info("{} node={} certificate_until={}", joined->already ? "has joined before" : "joined", options_.node,
              iso8601(joined->certificate.not_after));
    done_ = true;
    return nothing_to_do;
  }
  if (joined.error().message != last_problem_) log::warn("{}", joined.error().message);
  last_problem_ = joined.error().message;
  return backoff_.next();
}

}  // namespace polly::node
