// The faults that other rooms' tests order.
#include "drivers/memory/memory.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/drivers/support.h"

namespace polly::drivers::memory {
namespace {

using test::create_request;
using test::fresh_id;

class Memory : public ::testing::Test {
 protected:
  void SetUp() override {
    Platform::forget_all();
    auto made = make_controller({"polly", "m", Json::object().set("capacity", "10G").set("minimum_size", "1M")});
    ASSERT_OK(made);
    controller_ = std::move(*made);
  }
  Platform& platform_ = Platform::of("m");
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<NodeHalf> node_ = make_node_half();
  test::Scratch scratch_;
};

TEST_F(Memory, FailsBeforeTheEffect) {
  platform_.fail_next(Call::create, Code::unavailable, When::before, 2);
  std::string id = fresh_id();
  for (int i = 0; i < 2; ++i) EXPECT_CODE(controller_->create(create_request(id, 1 << 20)), Code::unavailable);
  EXPECT_FALSE(platform_.volume(id));
  EXPECT_OK(controller_->create(create_request(id, 1 << 20)));
  EXPECT_EQ(platform_.count(Call::create), 3u);
}

TEST_F(Memory, FailsAfterTheEffect) {
  platform_.fail_next(Call::create, Code::unknown_outcome, When::after);
  std::string id = fresh_id();
  EXPECT_CODE(controller_->create(create_request(id, 1 << 20)), Code::unknown_outcome);
  EXPECT_TRUE(platform_.volume(id));
  EXPECT_OK(controller_->create(create_request(id, 1 << 20)));
}

TEST_F(Memory, HangsUntilReleased) {
  platform_.hang_next(Call::attach);
  std::string id = fresh_id();
  ASSERT_OK(controller_->create(create_request(id, 1 << 20)));
  std::thread caller([&] { EXPECT_OK(controller_->attach({id, "node1", {1, 1}, Access::read_write})); });
  while (platform_.hanging() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(platform_.volume(id)->attached.empty());
  EXPECT_OK(controller_->list());  // others go on
  platform_.release();
  caller.join();
  EXPECT_EQ(platform_.volume(id)->attached.count("node1"), 1u);
  EXPECT_EQ(platform_.hanging(), 0u);
}

TEST_F(Memory, TellsWhatWasAsked) {
  std::string id = fresh_id();
  ASSERT_OK(controller_->create(create_request(id, 1 << 20)));
  ASSERT_OK(controller_->attach({id, "node1", {1, 1}, Access::read_write}));
  ASSERT_OK(controller_->detach(id, "node1"));
  EXPECT_EQ(platform_.calls(), (std::vector<std::string>{fmt::format("create {} 'test-{}'", id, id.substr(0, 6)),
                                                         "attach " + id + " node1", "detach " + id + " node1"}));
}

TEST_F(Memory, KeepsItsLimits) {
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 1)), Code::invalid);
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 11ULL << 30)), Code::exhausted);
  ASSERT_OK(controller_->create(create_request(fresh_id(), 6ULL << 30)));
  EXPECT_CODE(controller_->create(create_request(fresh_id(), 6ULL << 30)), Code::exhausted);
  EXPECT_EQ(controller_->capacity().value().free, 4ULL << 30);
}

TEST_F(Memory, RefusesEpochsThatAreOver) {
  std::string id = fresh_id();
  ASSERT_OK(controller_->create(create_request(id, 1 << 20)));
  ASSERT_OK(controller_->attach({id, "node1", {1, 2}, Access::read_write}));
  EXPECT_CODE(controller_->attach({id, "node2", {1, 1}, Access::read_write}), Code::refused);
  EXPECT_CODE(controller_->remove(id), Code::busy);
  EXPECT_OK(controller_->attach({id, "node2", {2, 1}, Access::read_write}));
}

TEST_F(Memory, PlaysTheRuleOfFormatting) {
  auto made = test::make_volume(*controller_, scratch_, 1 << 20);
  ASSERT_OK(made);
  const std::string& id = made->request.volume_id;
  ASSERT_OK(test::stage(*node_, *made));
  ASSERT_OK(node_->unstage(id, made->request.directory));
  EXPECT_EQ(platform_.volume(id)->times_formatted, 1);
  ASSERT_OK(test::stage(*node_, *made));
  EXPECT_EQ(platform_.volume(id)->times_formatted, 1);
  ASSERT_OK(node_->unstage(id, made->request.directory));
  made->request.format = {};  // a store that lost the record
  EXPECT_CODE(test::stage(*node_, *made), Code::corrupt);
  made->request.format = {Format::State::formatted, "another"};
  EXPECT_CODE(test::stage(*node_, *made), Code::corrupt);
}

TEST_F(Memory, FailsOnTheNodeToo) {
  auto made = test::make_volume(*controller_, scratch_, 1 << 20);
  ASSERT_OK(made);
  platform_.fail_next(Call::stage, Code::timeout);
  EXPECT_CODE(test::stage(*node_, *made), Code::timeout);
  EXPECT_EQ(made->request.format.state, Format::State::never);
  auto staged = test::stage(*node_, *made);
  ASSERT_OK(staged);
  platform_.fail_next(Call::publish, Code::unknown_outcome, When::after);
  EXPECT_CODE(node_->publish(*staged, made->target(1), Access::read_write), Code::unknown_outcome);
  EXPECT_CODE(node_->unstage(made->request.volume_id, made->request.directory), Code::busy);
  ASSERT_OK(node_->unpublish(made->target(1)));
  platform_.fail_next(Call::unstage, Code::busy);
  EXPECT_CODE(node_->unstage(made->request.volume_id, made->request.directory), Code::busy);
  EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
}

}  // namespace
}  // namespace polly::drivers::memory
