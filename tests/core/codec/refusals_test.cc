#include "core/codec/refusals.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

TEST(RefusalRecord, ComesBackWhole) {
  Refusal refusal{"1a2b3c4d", "data", "swarm/web", "node1", Code::timeout, "cannot", "because", {},
                  "do",       5,      7,           3,       "e1"};
  for (auto verdict :
       {Finding::Verdict::pass, Finding::Verdict::skip, Finding::Verdict::wait, Finding::Verdict::refuse})
    refusal.findings.push_back({"grant", verdict, "why \"so\"", Json::object().set("service", "swarm/web")});
  auto json = Json::parse(to_json(refusal).dump());
  ASSERT_TRUE(json);
  auto back = refusal_from_json(*json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, refusal);
}

TEST(RefusalRecord, WithoutWhatMattersItIsNone) {
  Refusal refusal;
  refusal.id = "1a2b3c4d";
  const auto whole = to_json(refusal);
  ASSERT_TRUE(refusal_from_json(whole));
  for (const char* key : {"id", "volume", "message", "code", "first"}) {
    auto members = whole.as_object();
    members.erase(key);
    EXPECT_FALSE(refusal_from_json(Json(members))) << key;
  }
}

TEST(QuestionBody, ComesBackWhole) {
  Question question{"data", {"swarm", "db", ""}, "node1", Access::read_only, "gold"};
  auto back = question_from_json(to_json(question));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(question));
}

TEST(QuestionBody, ContainersOutsideServicesRunOnTheNodeInQuestion) {
  auto parsed = [](const char* text) {
    auto json = Json::parse(text);
    return json ? question_from_json(*json) : Result<Question>(fail(json.error()));
  };
  auto by_service = parsed(R"({"volume":"v","service":"swarm/-@node1"})");
  ASSERT_TRUE(by_service);
  EXPECT_EQ(by_service->node, "node1");
  auto by_node = parsed(R"({"volume":"v","service":"swarm/-","node":"node1"})");
  ASSERT_TRUE(by_node);
  EXPECT_EQ(by_node->service.text(), "swarm/-@node1");
  EXPECT_FALSE(parsed(R"({"volume":"v","service":"swarm/-"})"));
  EXPECT_FALSE(parsed(R"({"volume":"v","service":"swarm/-@node1","node":"node2"})"));
  EXPECT_FALSE(parsed(R"({"volume":"v","service":"swarm/team-*"})"));
}

}  // namespace
}  // namespace polly
