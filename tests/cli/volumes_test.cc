#include <gtest/gtest.h>

#include "core/codec/records.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

using test::Outcome;

class Volumes : public ::testing::Test {
 protected:
  Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), {"--coordinator", coordinator_.address()});
    return test::run(words);
  }

  test::TemporaryFolder folder_;
  test::Double coordinator_{folder_.path("c.sock")};
};

Json list_of(const Volume& volume) {
  return Json::object().set("volumes", Json::array().push(to_json(volume)));
}

TEST_F(Volumes, AreListedAsATable) {
  coordinator_.answer("GET", "/v1/volumes", list_of(test::some_volume()));
  auto outcome = run({"volume", "ls"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "NAME   POOL    CLASS  SIZE     ACCESS    STATE  HOLDER  MOUNTS\n"
            "notes  images  gold   256 MiB  one-node  ready  node2   1\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Volumes, JsonIsTheApisOwnBody) {
  auto body = list_of(test::some_volume());
  coordinator_.answer("GET", "/v1/volumes", body);
  for (auto words : {std::vector<std::string>{"volume", "ls", "-o", "json"},
                     {"-o", "json", "volume", "ls"},
                     {"volume", "ls", "--output=json"}}) {
    auto outcome = run(words);
    auto printed = Json::parse(outcome.out);
    ASSERT_TRUE(printed) << outcome.out;
    EXPECT_EQ(*printed, body);
  }
}

TEST_F(Volumes, AreShownWithHolderMountsAndGrants) {
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(test::some_volume()));
  auto outcome = run({"volume", "show", "notes"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* line :
       {"volume      notes\n", "pool        images\n", "class       gold\n", "size        256 MiB\n",
        "filesystem  ext4 7d444840-9dc0-11d1-b245-5ffdce74fad2\n", "access      one-node, for nobody without a grant\n",
        "holder      node2, epoch 2\n",
        "  mount     swarm/writer rw, container c0ffee00c0ff, task task1, since 2026-01-01 00:00:00Z (",
        "grant       swarm/writer rw by ann@node1, 2026-01-01 00:00:00Z (", "grant       swarm/reader ro\n",
        "made        2026-01-01 00:00:00Z ("})
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << "\nis not in\n" << outcome.out;
}

TEST_F(Volumes, WhatIsUnfinishedIsToldSo) {
  auto volume = test::some_volume();
  volume.attachments[0].state = Attachment::State::detaching;
  volume.format = {};
  volume.grants.clear();
  volume.default_access = DefaultAccess::open;
  volume.operation = "op1";
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(volume));
  auto outcome = run({"volume", "show", "notes"});
  for (const char* text : {"node2, epoch 2 (detaching)", "ext4, made at the first mount",
                           "for every service without a grant", "grants      none", "at work     operation op1"})
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << "\nis not in\n" << outcome.out;
  volume.attachments.clear();
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(volume));
  EXPECT_NE(run({"volume", "show", "notes"}).out.find("holder      none, last epoch 2\n"), std::string::npos);
}

TEST_F(Volumes, AreMadeFromWhatTheOptionsSay) {
  coordinator_.answer("POST", "/v1/volumes", to_json(test::some_volume()));
  auto outcome = run({"volume", "create", "notes", "--size", "256M", "--class", "gold", "--pool", "images", "--fs",
                      "ext4", "--access", "one-node", "--perm", "0750", "--uid", "999", "--gid", "998"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "volume 'notes' is ready: 256 MiB in pool 'images', ext4\n");
  auto asked = coordinator_.last_asked();
  auto body = *Json::parse(asked.body);
  EXPECT_EQ(body["size"].as_int(), 256 << 20);
  EXPECT_EQ(body["name"].as_string() + body["class"].as_string() + body["pool"].as_string(), "notesgoldimages");
  EXPECT_EQ(body["filesystem"].as_string() + body["access_mode"].as_string() + body["permissions"].as_string(),
            "ext4one-node0750");
  EXPECT_EQ(body["uid"].as_int() + body["gid"].as_int(), 1997);
  EXPECT_FALSE(body["by"].as_string().empty());
  EXPECT_EQ(asked.header("polly-by"), body["by"].as_string());
}

TEST_F(Volumes, ThatNobodyMayUseComeWithAHint) {
  auto volume = test::some_volume();
  volume.grants.clear();
  coordinator_.answer("POST", "/v1/volumes", to_json(volume));
  EXPECT_NE(run({"volume", "create", "notes"}).out.find("polly grant notes --to swarm/SERVICE"), std::string::npos);
  volume.default_access = DefaultAccess::open;
  coordinator_.answer("POST", "/v1/volumes", to_json(volume));
  EXPECT_EQ(run({"volume", "create", "notes"}).out.find("grant"), std::string::npos);
}

TEST_F(Volumes, GoToTheTrashAndComeBack) {
  coordinator_.answer("DELETE", "/v1/volumes/notes",
                      Json::object().set("id", "0a1b").set("purge_after", 1'767'225'600'000));
  EXPECT_EQ(
      run({"volume", "rm", "notes"}).out,
      "volume 'notes' is in the trash until 2026-01-01 00:00:00Z; bring it back with: polly volume restore notes\n");
  EXPECT_FALSE(coordinator_.last_asked().header("polly-by").empty());

  coordinator_.answer("POST", "/v1/trash/notes/restore", to_json(test::some_volume()));
  EXPECT_EQ(run({"volume", "restore", "notes"}).out, "volume 'notes' is back, with its data and its grants\n");
  EXPECT_EQ(coordinator_.last_asked().body, "{}");
  run({"volume", "restore", "notes", "--name", "old"});
  EXPECT_EQ(coordinator_.last_asked().body, R"({"name":"old"})");
}

TEST_F(Volumes, AreTakenFromASilentNodeByForceAlone) {
  coordinator_.answer(
      "POST", "/v1/volumes/notes/release",
      http::Response::error({Code::refused, "cannot release volume 'notes': node 'n1' may still be writing"}));
  auto outcome = run({"volume", "release", "notes"});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(outcome.err.find("may still be writing"), std::string::npos);
  EXPECT_EQ(coordinator_.last_asked().body, R"({"force":false})");

  auto volume = test::some_volume();
  volume.attachments.clear();
  coordinator_.answer("POST", "/v1/volumes/notes/release", to_json(volume));
  outcome = run({"volume", "release", "notes", "--node", "n1", "--force"});
  EXPECT_EQ(outcome.out, "volume 'notes' is taken from its node: the next mount can have it\n");
  EXPECT_EQ(coordinator_.last_asked().body, R"({"force":true,"node":"n1"})");
}

TEST_F(Volumes, InTheTrashAreListedWithTheirEnd) {
  auto volume = test::some_volume();
  volume.state = Volume::State::trashed;
  volume.attachments.clear();
  volume.trashed = 1'767'225'600'000;
  volume.trashed_by = "docker on node1";
  volume.purge_after = volume.trashed + 7 * 86'400'000LL;
  coordinator_.answer("GET", "/v1/volumes", list_of(volume));
  auto outcome = run({"volume", "ls", "--trash"});
  EXPECT_EQ(coordinator_.last_asked().query["trash"], "1");
  EXPECT_NE(outcome.out.find("0123456789abcdef0123456789abcdef  notes"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("docker on node1  2026-01-08 00:00:00Z\n"), std::string::npos) << outcome.out;
}

TEST_F(Volumes, AreDestroyedByTheirIdAlone) {
  coordinator_.answer("DELETE", "/v1/trash/0a1b", Json::object());
  auto outcome = run({"volume", "rm", "--purge", "0a1b"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "volume '0a1b' is destroyed\n");
  EXPECT_EQ(coordinator_.last_asked().path, "/v1/trash/0a1b");
}

TEST_F(Volumes, NamesCannotLeaveTheirPlaceInThePath) {
  auto outcome = run({"volume", "show", "../nodes?x=1#y"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(coordinator_.last_asked().query.empty());
  EXPECT_TRUE(coordinator_.last_asked().path.starts_with("/v1/volumes/")) << coordinator_.last_asked().path;
}

TEST_F(Volumes, ATerminalIsNotSteeredByNames) {
  auto volume = test::some_volume();
  volume.created_by =
      "\x1b[2J\xc2\x9b"
      "evil\r\n\xff";
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(volume));
  auto out = run({"volume", "show", "notes"}).out;
  EXPECT_EQ(out.find_first_of("\x1b\r"), std::string::npos);
  EXPECT_EQ(out.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(out.find("evil"), std::string::npos);
}

}  // namespace
}  // namespace polly
