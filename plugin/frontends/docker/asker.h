// Who is asking? A Mount names no container. But the engine holds the lock of the container that it mounts for, so that
// an inspect of it does not answer, or, while it is being created, finds it not:
//
//     all containers with the volume --running, being removed--> not it
//                                    --inspect answers--> a stray or a leftover, not it
//                                    --404--> may be it, in copy-up      --silence--> may be it, in start
//
// None may be it: the list is looked at again, twice. Labels are look-up keys for the coordinator and prove nothing.
// The engine silent on the list (it is starting, and mounts for its containers): then nothing waits for it.
#pragma once

#include "plugin/frontends/docker/prober.h"
#include "plugin/node/mount_attempt.h"

namespace polly::node {

class Asker {
 public:
  explicit Asker(Engine& engine) : engine_(engine), prober_(engine) {}
  Result<Claimants> find(const std::string& volume);

 private:
  std::vector<Candidate> busy_ones(const std::vector<ListedContainer>& containers, Prober::Limits limits);

  Engine& engine_;
  Prober prober_;
};

}  // namespace polly::node
