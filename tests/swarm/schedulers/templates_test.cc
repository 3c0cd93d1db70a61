#include "swarm/schedulers/docker/templates.h"

#include <gtest/gtest.h>

namespace polly::swarm::docker {
namespace {

const TemplateFacts facts = {"sid", "pg", {{"team", "red"}}, "nid", "node1", "linux", "x86_64", "tid", "pg.1.tid", "1"};

TEST(Templates, PlainTextStaysAsItIs) {
  EXPECT_EQ(expand("pgdata", facts), "pgdata");
}

TEST(Templates, TheFieldsThatSwarmExpandsAreExpanded) {
  EXPECT_EQ(expand("{{.Service.Name}}-{{.Task.Slot}}", facts), "pg-1");
  EXPECT_EQ(expand("{{ .Node.Hostname }}/{{.Node.ID}}", facts), "node1/nid");
  EXPECT_EQ(expand("{{.Service.ID}}{{.Task.ID}}{{.Task.Name}}", facts), "sidtidpg.1.tid");
  EXPECT_EQ(expand("{{.Node.Platform.OS}}-{{.Node.Platform.Architecture}}", facts), "linux-x86_64");
}

TEST(Templates, LabelsAreFoundByIndex) {
  EXPECT_EQ(expand("x-{{index .Service.Labels \"team\"}}", facts), "x-red");
  EXPECT_EQ(expand("x-{{index .Service.Labels \"none\"}}", facts), "x-");
}

TEST(Templates, AnythingElseIsRefusedByName) {
  for (const auto* text : {"{{.Service.Secret}}", "{{index .Service.Labels team}}", "{{printf \"x\"}}", "{{.Task.ID"}) {
    auto expanded = expand(text, facts);
    ASSERT_FALSE(expanded) << text;
    EXPECT_EQ(expanded.error().code, Code::unsupported);
  }
}

}  // namespace
}  // namespace polly::swarm::docker
