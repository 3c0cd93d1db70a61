// The node: all its workers, built in order and stopped in reverse. Knows no container tool; a frontend gives it its
// view of the containers and calls volumes().
#pragma once

#include <memory>
#include <string>

#include "plugin/node/announcer.h"
#include "plugin/node/catalog_feed.h"
#include "plugin/node/containers.h"
#include "plugin/node/reconciler.h"
#include "plugin/node/recovery.h"
#include "plugin/node/volumes.h"

namespace polly::node {

struct NodeOptions {
  Identity identity;
  std::string state;   // journal/ and catalog.json stand in it
  std::string run;     // findings.json stands in it
  std::string points;  // where a filesystem for the mount points goes, so that they are seen where it is; "" for none
  Limits limits;
};

class Node {
 public:
  Node(NodeOptions options, client::Coordinator& coordinator, Sessions& sessions, NodeHalves& halves,
       Clock& clock = system_clock());
  ~Node() { stop(); }

  // Takes in what is on file. From here volumes() may be called.
  Status load();
  // Begins recovery and all that goes on behind the calls.
  void start(Containers& containers);
  void stop();

  Volumes& volumes() { return volumes_; }
  const Findings& findings() const { return findings_; }

 private:
  std::chrono::milliseconds keep();
  std::chrono::milliseconds tick();

  const NodeOptions options_;
  Journal journal_;
  Lanes lanes_;
  Catalog catalog_;
  Admission admission_;
  Findings findings_;
  Tasks tasks_;
  Parts parts_;
  Releaser releaser_;
  Settler settler_;
  Recovery recovery_;
  Usages usages_;
  Volumes volumes_;
  Deadline next_round_{};  // the ticker's alone
  std::unique_ptr<Reconciler> reconciler_;
  std::unique_ptr<CatalogFeed> feed_;
  std::unique_ptr<Announcer> announcer_;
  std::unique_ptr<guard::Loop> keeper_;  // of the catalog on file
  std::unique_ptr<guard::Loop> ticker_;
};

}  // namespace polly::node
