// Whatever goes wrong: one sentence on stderr, nothing on stdout, and the exit code of the one table.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/codec/records.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

using Words = std::vector<std::string>;

void expect_sentence(const test::Outcome& outcome, int code, const std::string& part) {
  EXPECT_EQ(outcome.code, code) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("polly: ")) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find(part), std::string::npos) << "'" << part << "' is not in: " << outcome.err;
}

TEST(BadInput, MisuseNamesTheCommandAndItsHelp) {
  const std::pair<Words, const char*> cases[] = {
      {{"volum", "ls"}, "cannot run 'polly': 'volum' is not expected here; see polly --help"},
      {{"volume", "lss"}, "cannot run 'polly volume': 'lss' is not expected here; see polly volume --help"},
      {{"volume", "ls", "x"}, "cannot run 'polly volume ls': 'x' is not expected here"},
      {{"volume", "ls", "--trahs"}, "'--trahs' is not expected here"},
      {{"volume", "show"}, "cannot run 'polly volume show': NAME is required"},
      {{"volume", "create"}, "NAME is required"},
      {{"volume", "create", "ab", "--uid", "root"}, "--uid"},
      {{"volume", "create", "ab", "--uid", "18446744073709551616"}, "--uid"},
      {{"volume", "create", "ab", "--size"}, "--size"},
      {{"grant", "notes"}, "--to is required"},
      {{"revoke", "notes"}, "--from is required"},
      {{"status", "-o", "xml"}, "--output"},
      {{"event", "ls", "--limit", "0"}, "--limit"},
      {{"config", "check", "a", "b"}, "'b' is not expected here"},
  };
  for (const auto& [words, part] : cases) expect_sentence(test::run(words), 2, part);
}

// What is wrong in itself is told without a coordinator.
TEST(BadInput, ValuesAreCheckedBeforeAnybodyIsAsked) {
  const std::pair<Words, const char*> cases[] = {
      {{"volume", "create", "x"}, "cannot create volume 'x': 'x' is no volume name"},
      {{"volume", "create", "a/b"}, "is no volume name"},
      {{"volume", "create", "ab", "--size", "10X"},
       "cannot create volume 'ab': '10X' is no size; write a whole number"},
      {{"volume", "create", "ab", "--size", "-1"}, ""},
      {{"volume", "create", "ab", "--size", "18446744073709551616"}, "is no size"},
      {{"volume", "create", "ab", "--size", "0"}, "a size of 0 holds nothing"},
      {{"volume", "create", "ab", "--access", "all"}, "'all' is no access mode; use one-mount"},
      {{"grant", "notes", "--to", "db"}, "cannot grant volume 'notes': 'db' names no service; write SCHEDULER/SERVICE"},
      {{"revoke", "notes", "--from", "*/x"}, "cannot revoke from volume 'notes': '*/x' names no service"},
      {{"install", "--role", "king"}, "'king' is no role; use coordinator, node or both"},
  };
  for (auto [words, part] : cases) {
    words.insert(words.begin(), {"--coordinator", "unix:///nowhere/c.sock"});
    expect_sentence(test::run(words), 2, part);
  }
}

class BadAnswers : public ::testing::Test {
 protected:
  test::Outcome run(Words words) {
    words.insert(words.begin(), {"--coordinator", coordinator_.address()});
    return test::run(words);
  }

  test::TemporaryFolder folder_;
  test::Double coordinator_{folder_.path("c.sock")};
};

TEST_F(BadAnswers, EachCodeHasItsExitCode) {
  const std::pair<Code, int> codes[] = {
      {Code::internal, 1},         {Code::invalid, 2},      {Code::unauthenticated, 3}, {Code::refused, 4},
      {Code::not_found, 5},        {Code::exists, 6},       {Code::conflict, 7},        {Code::busy, 8},
      {Code::too_large, 9},        {Code::exhausted, 10},   {Code::unavailable, 11},    {Code::timeout, 12},
      {Code::unknown_outcome, 13}, {Code::unsupported, 14}, {Code::corrupt, 15}};
  for (const auto& [code, exit] : codes) {
    coordinator_.answer("DELETE", "/v1/volumes/notes",
                        http::Response::error({code, "cannot remove volume 'notes': a reason; a cure"}));
    expect_sentence(run({"volume", "rm", "notes"}), exit, "polly: cannot remove volume 'notes': a reason; a cure\n");
  }
}

TEST_F(BadAnswers, GarbageIsNotTakenForAnAnswer) {
  http::Response html;
  html.content_type = "text/html";
  html.body = "<html>\nwelcome\n</html>";
  const http::Response answers[] = {
      html, http::Response::json(Json::array()), http::Response::json(Json::object()),
      http::Response::json(Json::object().set("volumes", "many")),
      http::Response::json(Json::object().set("volumes", Json::array().push(Json::object().set("name", "notes"))))};
  for (const auto& answer : answers) {
    coordinator_.answer("GET", "/v1/volumes", answer);
    expect_sentence(run({"volume", "ls"}), 15, "cannot read the coordinator's answer");
  }
  html.status = 502;
  coordinator_.answer("GET", "/v1/volumes", html);
  expect_sentence(run({"volume", "ls"}), 13, "HTTP status 502");
}

TEST_F(BadAnswers, AMessageIsOneLineAndSteersNoTerminal) {
  coordinator_.answer("GET", "/v1/status", http::Response::error({Code::refused, "no\n\x1b[31mway\r\n"}));
  expect_sentence(run({"status"}), 4, "no ?[31mway");
}

TEST(Coordinator, ThatIsAwayIsToldWithItsAddress) {
  test::TemporaryFolder folder;
  auto config = folder.write("config.yml", "node: {}\n");
  expect_sentence(test::run({"--config", config, "--coordinator", "unix://" + folder.path("c.sock"), "status"}), 11,
                  "cannot reach the coordinator");
  auto two = folder.write("two.yml", "node: {coordinators: [\"unix://" + folder.path("a.sock") + "\", \"unix://" +
                                         folder.path("b.sock") + "\"]}");
  expect_sentence(test::run({"--config", two, "status"}), 11, "b.sock");
}

TEST(Coordinator, IsFoundByTheConfigurationOrAskedFor) {
  test::TemporaryFolder folder;
  test::Double coordinator(folder.path("c.sock"));
  coordinator.answer("GET", "/v1/nodes", Json::object().set("nodes", Json::array()));
  auto own = folder.write("own.yml", "coordinator: {socket: " + coordinator.socket() + "}\n");
  EXPECT_EQ(test::run({"--config", own, "node", "ls"}).code, 0);
  auto node = folder.write("node.yml", "node: {coordinators: [\"" + coordinator.address() + "\"]}\n");
  EXPECT_EQ(test::run({"node", "ls", "--config", node}).code, 0);
  auto nobody = folder.write("nobody.yml", "");
  expect_sentence(test::run({"--config", nobody, "node", "ls"}), 5,
                  "name it with --coordinator HOST:7979 or POLLY_COORDINATOR");
  expect_sentence(test::run({"--config", folder.path("missing.yml"), "node", "ls"}), 5, "missing.yml");
  expect_sentence(test::run({"--coordinator", "ftp://x", "node", "ls"}), 14, "ftp://x");
}

TEST(Coordinator, IsCalledOverTheNetworkWithANodesCertificateOnly) {
  test::TemporaryFolder folder;
  auto remote =
      folder.write("remote.yml", "node: {coordinators: [\"127.0.0.1:1\"], state: " + folder.path("state") + "}");
  expect_sentence(test::run({"--config", remote, "node", "ls"}), 3,
                  "over the network polly speaks as the node it runs on");
  expect_sentence(test::run({"--config", remote, "--coordinator", "http://127.0.0.1:1", "node", "ls"}), 14,
                  "TLS alone is spoken");
}

}  // namespace
}  // namespace polly
