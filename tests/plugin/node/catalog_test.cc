#include "plugin/node/catalog.h"

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

Volume volume(const std::string& name, const std::string& id, Volume::State state = Volume::State::ready) {
  Volume made;
  made.name = name;
  made.id = id;
  made.pool = "p1";
  made.state = state;
  return made;
}

TEST(Catalog, PutFindAndDrop) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("bb", "2"));
  catalog.put(volume("aa", "1"));
  ASSERT_EQ(catalog.all().size(), 2u);
  EXPECT_EQ(catalog.all()[0]->name, "aa");
  EXPECT_EQ(catalog.find("bb")->id, "2");
  catalog.drop("bb");
  EXPECT_EQ(catalog.find("bb"), nullptr);
}

TEST(Catalog, TheGenerationChangesWithTheContentOnly) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  auto generation = catalog.generation();
  catalog.put(volume("aa", "1"));
  EXPECT_EQ(catalog.generation(), generation);
  catalog.put(volume("aa", "2"));
  EXPECT_NE(catalog.generation(), generation);
}

TEST(Catalog, AVolumeInTheTrashIsNotOnRecord) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  catalog.put(volume("aa", "1", Volume::State::trashed));
  EXPECT_EQ(catalog.find("aa"), nullptr);
  catalog.put(volume("cc", "9", Volume::State::trashed));
  EXPECT_TRUE(catalog.all().empty());
}

TEST(Catalog, AVolumeThatComesBackUnderAnotherNameHasThatAlone) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  catalog.put(volume("bb", "1"));
  EXPECT_EQ(catalog.find("aa"), nullptr);
  ASSERT_NE(catalog.find("bb"), nullptr);
  catalog.put(volume("aa", "2"));
  catalog.put(volume("bb", "2"));
  EXPECT_EQ(catalog.find("aa"), nullptr);
  EXPECT_EQ(catalog.find("bb")->id, "2");
  EXPECT_EQ(catalog.all().size(), 1u);
}

TEST(Catalog, AFormerVolumeInTheTrashDoesNotTakeTheNameFromTheLatter) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "2"));
  catalog.put(volume("aa", "1", Volume::State::trashed));
  ASSERT_NE(catalog.find("aa"), nullptr);
  EXPECT_EQ(catalog.find("aa")->id, "2");
}

TEST(Catalog, ANameRemovedAndGivenAgainInOneFeedIsThere) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  catalog.apply({7, false, {volume("aa", "2")}, {{"1", "aa"}}});
  ASSERT_NE(catalog.find("aa"), nullptr);
  EXPECT_EQ(catalog.find("aa")->id, "2");
}

TEST(Catalog, TheRemovalOfAFormerVolumeLeavesTheOneThatHasItsNameNow) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "2"));
  catalog.apply({7, false, {}, {{"1", "aa"}}});
  ASSERT_NE(catalog.find("aa"), nullptr);
}

TEST(Catalog, AnAnswerThatIsOlderThanTheFeedBringsNothingBack) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  catalog.apply({7, false, {}, {{"1", "aa"}}});
  catalog.put(volume("aa", "1"));
  EXPECT_EQ(catalog.find("aa"), nullptr);
  catalog.apply({8, false, {volume("aa", "1")}, {}});
  EXPECT_NE(catalog.find("aa"), nullptr) << "restored";
}

TEST(Catalog, AResetForgetsTheRest) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  catalog.put(volume("aa", "1"));
  catalog.apply({9, true, {volume("bb", "2")}, {}});
  EXPECT_EQ(catalog.find("aa"), nullptr);
  EXPECT_NE(catalog.find("bb"), nullptr);
}

TEST(Catalog, IsReadBackAsItWas) {
  Scratch scratch;
  node::Catalog catalog(scratch / "catalog.json");
  auto full = volume("aa", "1");
  full.size = 1 << 30;
  full.grants.push_back({*ServicePattern::parse("swarm/db"), Access::read_only, "me", 5});
  catalog.put(full);
  EXPECT_DONE(catalog.persist());
  node::Catalog again(scratch / "catalog.json");
  EXPECT_DONE(again.load());
  ASSERT_NE(again.find("aa"), nullptr);
  EXPECT_EQ(*again.find("aa"), full);
}

TEST(Catalog, AFileThatCannotBeReadIsPutAside) {
  Scratch scratch;
  ASSERT_TRUE(files::write_atomically(scratch / "catalog.json", "{"));
  node::Catalog catalog(scratch / "catalog.json");
  EXPECT_DONE(catalog.load());
  EXPECT_TRUE(catalog.all().empty());
  EXPECT_TRUE(files::exists(scratch / "catalog.json.unreadable"));
}

class CatalogFeedTest : public NodeTest {};

TEST_F(CatalogFeedTest, FollowsWhatOthersDo) {
  coordinator.add("early");
  start();
  EXPECT_TRUE(eventually([&] { return volumes().all().size() == 1; }));
  coordinator.add("late");
  EXPECT_TRUE(eventually([&] { return volumes().all().size() == 2; }));
  coordinator.take_away("early");
  EXPECT_TRUE(eventually([&] { return volumes().all().size() == 1 && volumes().all()[0]->name == "late"; }));
}

TEST_F(CatalogFeedTest, KeepsTheRecordWhileTheCoordinatorIsAwayAndHealsAfter) {
  coordinator.add("notes");
  start();
  EXPECT_TRUE(eventually([&] { return volumes().all().size() == 1; }));
  coordinator.go_away();
  EXPECT_TRUE(volumes().find("notes"));
  auto unknown = volumes().find("other");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().code, Code::not_found);
  coordinator.take_away("notes");
  coordinator.heal();
  EXPECT_TRUE(eventually([&] { return volumes().all().empty(); }));
}

TEST_F(CatalogFeedTest, ANameThatIsNotOnRecordIsAskedForWithinBounds) {
  coordinator.hang("feed");
  coordinator.hang("volume");
  limits.lookup = std::chrono::milliseconds(200);
  start();
  Stopwatch watch;
  EXPECT_FALSE(volumes().find("notes"));
  EXPECT_LT(watch.elapsed(), std::chrono::seconds(1));
}

TEST_F(CatalogFeedTest, WhatThisNodeMadeIsOnRecordAtOnce) {
  coordinator.hang("feed");
  start();
  CreateVolume request;
  request.name = "notes";
  ASSERT_OK(made, volumes().create(request));
  EXPECT_EQ(volumes().all().size(), 1u);
  EXPECT_DONE(volumes().remove("notes", "me"));
  EXPECT_TRUE(volumes().all().empty());
}

}  // namespace
}  // namespace polly::test
