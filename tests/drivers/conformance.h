// What every driver must keep, tried on each. A driver joins with one line in conformance_test.cc.
#pragma once

#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "base/files.h"
#include "tests/drivers/support.h"

namespace polly::drivers::test {

struct Subject {
  std::string label;
  std::string driver;
  std::function<Json(const Scratch&)> settings;
  uint64_t size = 0;
  std::string filesystem;
  bool real = true;  // has files behind it
};

inline void PrintTo(const Subject& subject, std::ostream* out) {
  *out << subject.label;
}

class Conformance : public ::testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir((scratch_ / "pool").c_str(), 0755), 0);
    controller_ = controller("test-cluster");
    node_ = forgetful_node();
  }
  // A process that starts and remembers nothing.
  static std::unique_ptr<NodeHalf> forgetful_node() {
    auto node = make_node_half(GetParam().driver);
    EXPECT_OK(node);
    return node ? std::move(*node) : nullptr;
  }
  std::unique_ptr<Controller> controller(const std::string& cluster) {
    auto made = make_controller(GetParam().driver, {cluster, scratch_.path(), GetParam().settings(scratch_)});
    EXPECT_OK(made);
    if (!made) return nullptr;
    EXPECT_OK((*made)->check(request(fresh_id())));
    return std::move(*made);
  }
  Result<TestVolume> volume() { return make_volume(*controller_, scratch_, GetParam().size, GetParam().filesystem); }
  CreateRequest request(const std::string& id) { return create_request(id, GetParam().size, GetParam().filesystem); }

  Scratch scratch_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<NodeHalf> node_;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Conformance);

// Of drivers whose volumes have files behind them.
class ConformanceOfFiles : public Conformance {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ConformanceOfFiles);

// Of drivers whose volumes have a size.
class ConformanceOfSizes : public Conformance {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ConformanceOfSizes);

TEST_P(Conformance, CreatesOnceHoweverOftenAsked) {
  std::string id = fresh_id();
  auto first = controller_->create(request(id));
  ASSERT_OK(first);
  auto second = controller("test-cluster")->create(request(id));
  ASSERT_OK(second);
  EXPECT_EQ(first->platform_id, second->platform_id);
  EXPECT_EQ(first->size, second->size);
  EXPECT_EQ(first->serial, second->serial);
  if (controller_->capabilities().sizes) {
    EXPECT_GE(first->size, GetParam().size);
  }
  auto all = controller_->list();
  ASSERT_OK(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].volume_id, id);
  EXPECT_EQ((*all)[0].platform_id, first->platform_id);
  EXPECT_EQ((*all)[0].name, request(id).name);
  EXPECT_EQ((*all)[0].size, first->size);
}

TEST_P(ConformanceOfSizes, RefusesTheSameIdWithAnotherSize) {
  std::string id = fresh_id();
  ASSERT_OK(controller_->create(request(id)));
  auto other = request(id);
  other.size *= 2;
  EXPECT_CODE(controller_->create(other), Code::exists);
}

TEST_P(Conformance, ChecksWhatItWouldRefuse) {
  auto strange = request(fresh_id());
  strange.filesystem = "fat32";
  EXPECT_CODE(controller_->check(strange), Code::invalid);
  EXPECT_CODE(controller_->create(strange), Code::invalid);
  auto nameless = request("");
  EXPECT_CODE(controller_->check(nameless), Code::invalid);
  EXPECT_OK(controller_->check(request(fresh_id())));
}

TEST_P(Conformance, RemovesOnceHoweverOftenAsked) {
  EXPECT_OK(controller_->remove(fresh_id()));
  std::string id = fresh_id();
  auto created = controller_->create(request(id));
  ASSERT_OK(created);
  EXPECT_OK(controller_->remove(created->platform_id));
  EXPECT_OK(controller_->remove(created->platform_id));
  auto all = controller_->list();
  ASSERT_OK(all);
  EXPECT_TRUE(all->empty());
  EXPECT_CODE(controller_->attach({created->platform_id, "node1", {1, 1}, Access::read_write}), Code::not_found);
}

TEST_P(Conformance, TouchesOnlyItsOwnCluster) {
  auto other = controller("other-cluster");
  std::string id = fresh_id();
  auto created = controller_->create(request(id));
  ASSERT_OK(created);
  auto theirs = other->list();
  ASSERT_OK(theirs);
  EXPECT_TRUE(theirs->empty());
  (void)other->remove(created->platform_id);
  EXPECT_FALSE(other->attach({created->platform_id, "node1", {1, 1}, Access::read_write}));
  auto ours = controller_->list();
  ASSERT_OK(ours);
  EXPECT_EQ(ours->size(), 1u);
}

TEST_P(Conformance, AttachesAndDetachesOnceHoweverOftenAsked) {
  auto made = volume();
  ASSERT_OK(made);
  AttachRequest again{made->platform_id, "node1", {1, 1}, Access::read_write};
  auto context = controller_->attach(again);
  ASSERT_OK(context);
  EXPECT_EQ(*context, made->request.context);
  EXPECT_OK(controller_->detach(made->platform_id, "node1"));
  EXPECT_OK(controller_->detach(made->platform_id, "node1"));
  EXPECT_OK(controller_->detach(made->platform_id, "node2"));
  EXPECT_OK(controller_->detach(fresh_id(), "node1"));
}

TEST_P(Conformance, KnowsItsCapacity) {
  auto capacity = controller_->capacity();
  ASSERT_OK(capacity);
  EXPECT_GT(capacity->free, 0u);
  EXPECT_GE(capacity->total, capacity->free);
}

TEST_P(Conformance, StagesOnceHoweverOftenAsked) {
  auto made = volume();
  ASSERT_OK(made);
  auto first = stage(*node_, *made);
  ASSERT_OK(first);
  auto second = stage(*forgetful_node(), *made);
  ASSERT_OK(second);
  EXPECT_EQ(first->path, second->path);
  EXPECT_EQ(first->device, second->device);
  EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
  EXPECT_OK(forgetful_node()->unstage(made->request.volume_id, made->request.directory));
  EXPECT_EQ(loops_below(scratch_.path()), 0u);
}

TEST_P(Conformance, FindsWhatIsTrue) {
  auto made = volume();
  ASSERT_OK(made);
  const auto& [id, directory] = std::pair(made->request.volume_id, made->request.directory);
  auto before = node_->find(id, directory);
  ASSERT_OK(before);
  EXPECT_EQ(before->path, "");
  auto nowhere = node_->find(id, scratch_ / "not-there");
  ASSERT_OK(nowhere);
  EXPECT_EQ(nowhere->path, "");
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  auto during = forgetful_node()->find(id, directory);
  ASSERT_OK(during);
  EXPECT_EQ(during->path, staged->path);
  EXPECT_EQ(during->device, staged->device);
  EXPECT_FALSE(node_->find(fresh_id(), directory)) << "another volume's directory";
  ASSERT_OK(node_->unstage(id, directory));
  auto after = forgetful_node()->find(id, directory);
  ASSERT_OK(after);
  EXPECT_EQ(after->path, "");
}

TEST_P(ConformanceOfFiles, KeepsDataOverUnstage) {
  auto made = volume();
  ASSERT_OK(made);
  for (int round = 0; round < 3; ++round) {
    auto staged = stage(*node_, *made);
    ASSERT_OK(staged);
    ASSERT_OK(node_->publish(*staged, made->target(1), Access::read_write));
    if (round > 0) {
      EXPECT_EQ(read_text(made->target(1) + "/note"), "round " + std::to_string(round - 1));
    }
    write_text(made->target(1) + "/note", "round " + std::to_string(round));
    ASSERT_OK(node_->unpublish(made->target(1)));
    ASSERT_OK(node_->unstage(made->request.volume_id, made->request.directory));
    EXPECT_EQ(loops_below(scratch_.path()), 0u);
  }
}

TEST_P(ConformanceOfFiles, IsEmptyForItsFirstContainer) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  ASSERT_OK(node_->publish(*staged, made->target(1), Access::read_write));
  auto names = files::list(made->target(1));
  ASSERT_OK(names);
  EXPECT_TRUE(names->empty()) << "Docker copies an image's files only into an empty volume; found " << names->front();
}

TEST_P(ConformanceOfFiles, GivesTheTopDirectoryToItsOwnerOnce) {
  auto made = volume();
  ASSERT_OK(made);
  made->request.permissions = "2770";
  made->request.uid = 1234;
  made->request.gid = 4321;
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  struct stat status {};
  ASSERT_EQ(::stat(staged->path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 02770u);
  EXPECT_EQ(status.st_uid, 1234u);
  EXPECT_EQ(status.st_gid, 4321u);
  ASSERT_EQ(::chmod(staged->path.c_str(), 0711), 0);  // as an entry point does
  ASSERT_OK(node_->unstage(made->request.volume_id, made->request.directory));
  staged = stage(*node_, *made);
  ASSERT_OK(staged);
  ASSERT_EQ(::stat(staged->path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0711u);
}

TEST_P(ConformanceOfFiles, RefusesOwnersThatDoNotExist) {
  for (auto [permissions, uid] : {std::pair("rwx", int64_t{0}), std::pair("17777", int64_t{0}),
                                  std::pair("0750", int64_t{-1}), std::pair("0750", int64_t{1} << 32)}) {
    auto made = volume();
    ASSERT_OK(made);
    made->request.permissions = permissions;
    made->request.uid = uid;
    EXPECT_CODE(stage(*node_, *made), Code::invalid);
    EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
  }
}

TEST_P(ConformanceOfFiles, PublishesReadOnlyForReal) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  ASSERT_OK(node_->publish(*staged, made->target(1), Access::read_write));
  ASSERT_OK(node_->publish(*staged, made->target(2), Access::read_only));
  EXPECT_EQ(try_to_write(made->target(1) + "/f"), 0);
  EXPECT_EQ(try_to_write(made->target(2) + "/g"), EROFS);
  EXPECT_EQ(try_to_write(made->target(2) + "/f"), EROFS);
  EXPECT_EQ(::unlink((made->target(2) + "/f").c_str()), -1);
  EXPECT_EQ(::chmod(made->target(2).c_str(), 0777), -1);
  EXPECT_EQ(try_to_write(made->target(1) + "/h"), 0) << "the writer beside it goes on";
}

TEST_P(Conformance, PublishesOnceHoweverOftenAsked) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  for (int i = 0; i < 3; ++i) ASSERT_OK(forgetful_node()->publish(*staged, made->target(1), Access::read_only));
  EXPECT_OK(node_->unpublish(made->target(1)));
  EXPECT_OK(node_->unpublish(made->target(1)));
  EXPECT_OK(node_->unpublish(scratch_ / "not/there"));
  EXPECT_FALSE(files::exists(made->target(1)));
  EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
}

TEST_P(Conformance, UnpublishesOneAndLeavesTheOthers) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  for (int i = 1; i <= 3; ++i) ASSERT_OK(node_->publish(*staged, made->target(i), Access::read_write));
  if (GetParam().real) write_text(made->target(1) + "/note", "shared");
  ASSERT_OK(node_->unpublish(made->target(1)));
  if (GetParam().real) {
    EXPECT_EQ(read_text(made->target(2) + "/note"), "shared");
  }
  // Something still holds it: busy, and nothing has changed.
  EXPECT_CODE(node_->unstage(made->request.volume_id, made->request.directory), Code::busy);
  auto found = node_->find(made->request.volume_id, made->request.directory);
  ASSERT_OK(found);
  EXPECT_EQ(found->path, staged->path);
  if (GetParam().real) {
    EXPECT_EQ(read_text(made->target(3) + "/note"), "shared");
  }
  ASSERT_OK(node_->unpublish(made->target(2)));
  ASSERT_OK(node_->unpublish(made->target(3)));
  EXPECT_OK(node_->unstage(made->request.volume_id, made->request.directory));
}

TEST_P(Conformance, DoesNotPublishOverAnotherVolume) {
  auto one = volume();
  auto two = volume();
  ASSERT_OK(one);
  ASSERT_OK(two);
  auto staged_one = stage(*node_, *one);
  auto staged_two = stage(*node_, *two);
  ASSERT_OK(staged_one);
  ASSERT_OK(staged_two);
  ASSERT_OK(node_->publish(*staged_one, one->target(1), Access::read_write));
  EXPECT_CODE(node_->publish(*staged_two, one->target(1), Access::read_write), Code::busy);
}

TEST_P(ConformanceOfFiles, ForgetsWhatWasRemoved) {
  auto made = volume();
  ASSERT_OK(made);
  auto staged = stage(*node_, *made);
  ASSERT_OK(staged);
  write_text(staged->path + "/secret", "s");
  ASSERT_OK(node_->unstage(made->request.volume_id, made->request.directory));
  ASSERT_OK(controller_->remove(made->platform_id));
  ASSERT_OK(controller_->create(request(made->request.volume_id)));
  made->request.format = {};
  staged = stage(*node_, *made);
  ASSERT_OK(staged);
  EXPECT_FALSE(files::exists(staged->path + "/secret"));
}

TEST_P(Conformance, AnswersNonsenseWithASentence) {
  TestVolume nothing;
  nothing.request.volume_id = fresh_id();
  nothing.request.directory = scratch_ / "nothing";
  ASSERT_OK(files::make_directories(nothing.request.directory));
  for (Json context :
       {Json(), Json::object(), Json("text"), Json::object().set("image", 7).set("path", 7).set("pool", 7),
        Json::object().set("image", "/etc/passwd").set("path", "/etc").set("pool", "")}) {
    nothing.request.context = context;
    auto staged = stage(*node_, nothing);
    ASSERT_FALSE(staged);
    EXPECT_FALSE(staged.error().message.empty());
    EXPECT_EQ(nothing.request.format.state, Format::State::never);
  }
  for (const std::string id : {"..", "../../etc", "a/b", "", ".removing-x"}) {
    EXPECT_FALSE(controller_->attach({id, "node1", {1, 1}, Access::read_write})) << id;
    if (GetParam().real) {
      EXPECT_CODE(controller_->remove(id), Code::invalid);
    }
  }
  EXPECT_OK(node_->unstage(nothing.request.volume_id, nothing.request.directory));
}

TEST_P(Conformance, ServesDifferentVolumesAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, &wrong] {
      auto life = [this]() -> Status {
        TRY(made, volume());
        for (int round = 0; round < 3; ++round) {
          TRY(staged, stage(*node_, made));
          TRY_STATUS(node_->publish(staged, made.target(1), Access::read_write));
          TRY_STATUS(node_->publish(staged, made.target(2), Access::read_only));
          TRY_STATUS(node_->unpublish(made.target(2)));
          TRY_STATUS(node_->unpublish(made.target(1)));
          TRY_STATUS(node_->unstage(made.request.volume_id, made.request.directory));
        }
        TRY_STATUS(controller_->detach(made.platform_id, "node1"));
        TRY_STATUS(controller_->list());
        return controller_->remove(made.platform_id);
      };
      auto lived = life();
      if (lived) return;
      ++wrong;
      ADD_FAILURE() << lived.error().message;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(loops_below(scratch_.path()), 0u);
  EXPECT_TRUE(controller_->list().value().empty());
}

}  // namespace polly::drivers::test
