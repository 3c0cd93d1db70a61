// What the tests of drivers stand on: a mount namespace of their own, directories that go away, a volume's record and
// the gate that the coordinator would be.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "core/model/volume.h"
#include "drivers/driver.h"

#define ASSERT_OK(expression)                          \
  do {                                                 \
    auto&& outcome_ = (expression);                    \
    ASSERT_TRUE(outcome_) << outcome_.error().message; \
  } while (false)
#define EXPECT_OK(expression)                          \
  do {                                                 \
    auto&& outcome_ = (expression);                    \
    EXPECT_TRUE(outcome_) << outcome_.error().message; \
  } while (false)
// The sentence must be one: not empty, and not a bare errno.
#define EXPECT_CODE(expression, wanted)                                                         \
  do {                                                                                          \
    auto&& outcome_ = (expression);                                                             \
    ASSERT_FALSE(outcome_) << "expected " << code_name(wanted);                                 \
    EXPECT_EQ(code_name(outcome_.error().code), code_name(wanted)) << outcome_.error().message; \
    EXPECT_GT(outcome_.error().message.size(), 20u);                                            \
  } while (false)

namespace polly::drivers::test {

// Removed with all that is mounted below it, also when the test failed.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// The coordinator's side of formatting: what it records, and how it can refuse.
class Gate : public FormatGate {
 public:
  explicit Gate(Format& format) : format_(format) {}
  Status begin(const std::string& uuid) override;
  Status done(const std::string& uuid) override;

  bool refuse_begin = false;  // as for a lost epoch: nothing is recorded
  bool lose_begin = false;    // recorded, but the answer never came
  bool refuse_done = false;
  bool lose_done = false;
  int begun = 0;
  int finished = 0;

 private:
  Format& format_;
};

// A volume as the coordinator's record has it, and its directory on a node.
struct TestVolume {
  StageRequest request;
  std::string platform_id;
  std::string target(int number) const { return request.directory + "/mounts/" + std::to_string(number); }
};

std::string fresh_id();
CreateRequest create_request(const std::string& id, uint64_t size, const std::string& filesystem = "");
// Creates and attaches; its directory on the node is <scratch>/<id>.
Result<TestVolume> make_volume(Controller& controller, const Scratch& scratch, uint64_t size,
                               const std::string& filesystem = "");
// Stages as the plugin does, with a gate that agrees.
Result<Staged> stage(NodeHalf& node, TestVolume& volume);

void write_text(const std::string& path, const std::string& text);
std::string read_text(const std::string& path);
int try_to_write(const std::string& path);   // 0, or the errno
uint64_t checksum(const std::string& path);  // of a whole file; holes count as zeros
// Runs a program that the test needs; false when it failed.
bool tool(const std::vector<std::string>& command);
size_t loops_below(const std::string& directory);  // attached loop devices with an image below it

}  // namespace polly::drivers::test
