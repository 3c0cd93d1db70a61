// What the node cannot explain and therefore leaves as it is: for `polly doctor` and the log.
//
//     <run>/findings.json := {"at": time, "findings": [{"kind": text, "text": text} ..]}
//
// Each finder replaces all findings of its own kind. The file is only news: a crash loses nothing, the next start finds
// the same again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace polly::node {

class Findings {
 public:
  Findings(std::string file, Clock& clock) : file_(std::move(file)), clock_(clock) {}

  void replace(const std::string& kind, std::vector<std::string> texts);
  void clear(const std::string& kind) { replace(kind, {}); }
  std::map<std::string, std::vector<std::string>> all() const;

 private:
  Status write() const POLLY_REQUIRES(mutex_);

  const std::string file_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::map<std::string, std::vector<std::string>> findings_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::node
