// A node with doubles around it: coordinator, session, containers, and the memory platform.
#pragma once

#include <atomic>
#include <memory>

#include "drivers/memory/memory.h"
#include "plugin/node/node.h"
#include "tests/plugin/doubles/coordinator_double.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::test {

class SessionDouble : public node::Sessions {
 public:
  Result<std::string> current() override {
    Lock lock(mutex_);
    if (session_.empty()) return fail(Code::unavailable, "the guard does not answer");
    return session_;
  }
  void doubt() override { ++doubts; }
  void set(const std::string& session) {
    Lock lock(mutex_);
    session_ = session;
  }
  std::atomic<int> doubts{0};

 private:
  Mutex mutex_;
  std::string session_ POLLY_GUARDED_BY(mutex_) = "s1";
};

class ContainersDouble : public node::Containers {
 public:
  Result<std::vector<node::ContainerView>> with_volume(const std::string& name) override {
    Lock lock(mutex_);
    if (silent_) return fail(Code::timeout, "the engine is silent");
    return views_[name];
  }
  void set(const std::string& volume, std::vector<node::ContainerView> views) {
    Lock lock(mutex_);
    silent_ = false;
    views_[volume] = std::move(views);
  }

 private:
  Mutex mutex_;
  bool silent_ POLLY_GUARDED_BY(mutex_) = true;
  std::map<std::string, std::vector<node::ContainerView>> views_ POLLY_GUARDED_BY(mutex_);
};

class NodeTest : public ::testing::Test {
 protected:
  NodeTest() {
    drivers::memory::Platform::forget_all();
    limits.poll = std::chrono::milliseconds(50);
  }
  ~NodeTest() override {
    coordinator.heal();
    platform().release();
    stop();
  }

  static drivers::memory::Platform& platform() { return drivers::memory::Platform::of("test"); }

  // As at a start of the process; a second one finds the files of the first.
  void start() {
    node::NodeOptions options{{"n1", boot, scratch / "mounts"}, scratch / "state", scratch / "run", "", limits};
    node_ = std::make_unique<node::Node>(options, coordinator, sessions, halves);
    auto loaded = node_->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    node_->start(containers);
  }
  void stop() { node_.reset(); }
  void restart() {
    stop();
    start();
  }
  node::Volumes& volumes() { return node_->volumes(); }
  node::Node& node() { return *node_; }

  Result<std::string> mount(const std::string& name, const std::string& id, const std::string& container = "c1") {
    return volumes().mount(name, id, [container](const std::string&) {
      return node::Claimants{{{container, container + "-name", "", Candidate::Phase::start}}, false};
    });
  }
  std::string journal_text(const std::string& volume_id) {
    auto text = files::read(scratch / "state/journal/" + volume_id + ".json");
    return text ? *text : "";
  }
  bool at_rest() { return files::list(scratch / "state/journal")->empty(); }
  // The driver's books, on all nodes of this process.
  size_t calls(drivers::memory::Call call) { return platform().count(call); }

  Scratch scratch;
  std::string boot = "boot-1";
  node::Limits limits;
  CoordinatorDouble coordinator;
  SessionDouble sessions;
  ContainersDouble containers;
  node::NodeHalves halves;

 private:
  std::unique_ptr<node::Node> node_;
};

// Where a test waits for a limit to pass.
class ImpatientNodeTest : public NodeTest {
 protected:
  ImpatientNodeTest() {
    limits.coordinator_away = std::chrono::seconds(2);
    limits.unmount = std::chrono::seconds(2);
    limits.flush = std::chrono::milliseconds(500);
  }
};

}  // namespace polly::test
