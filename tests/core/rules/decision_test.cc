#include "core/rules/decision.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

const Service web{"swarm", "web", ""};

Volume ready(AccessMode mode = AccessMode::one_node) {
  Volume volume;
  volume.id = "v1";
  volume.name = "data";
  volume.state = Volume::State::ready;
  volume.access_mode = mode;
  volume.grants = {{ServicePattern{"swarm/*"}, Access::read_write, "", 0}};
  return volume;
}

Volume held_by_db(AccessMode mode = AccessMode::one_node) {
  auto volume = ready(mode);
  Mount mount{"m1", {"swarm", "db", ""}, "db.1", "c1", Access::read_write, 0};
  volume.attachments = {{Attachment::State::attached, "node1", "boot1.s", {1, 1}, {mount}}};
  return volume;
}

// web asks for it on node2, which answers.
MountFacts asked(const Volume& volume) {
  MountFacts facts;
  facts.volume_name = volume.name;
  facts.volume = &volume;
  facts.node = "node2";
  facts.askers = {web};
  return facts;
}

std::string rules_of(const Ruling& ruling) {
  std::string rules;
  for (const auto& finding : ruling.findings)
    rules += fmt::format("{}{} {}", rules.empty() ? "" : ", ", finding.rule, to_string(finding.verdict));
  return rules;
}

TEST(Decision, WhatPassesEveryRuleIsAllowedAndEachRuleSaysWhy) {
  auto volume = ready();
  auto ruling = decide(asked(volume));
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(ruling.access, Access::read_write);
  EXPECT_EQ(rules_of(ruling),
            "volume pass, node pass, identity pass, grant pass, access pass, holder pass, operation pass");
  for (const auto& finding : ruling.findings) EXPECT_FALSE(finding.text.empty()) << finding.rule;
  EXPECT_EQ(ruling.cure, "");
}

TEST(Decision, TheFirstRuleThatRefusesEndsIt) {
  struct Row {
    const char* rules;
    Code code;
    const char* reason;
    std::function<void(Volume&, MountFacts&)> change;
  };
  const std::vector<Row> table = {
      {"volume refuse", Code::not_found, "no volume 'data'; `polly volume ls` lists them",
       [](Volume&, MountFacts& facts) { facts.volume = nullptr; }},
      {"volume refuse", Code::busy, "volume 'data' is still being made; try again when it is ready",
       [](Volume& volume, MountFacts&) { volume.state = Volume::State::creating; }},
      {"volume pass, node refuse", Code::not_found, "no node 'node2' has joined; `polly node ls` lists them",
       [](Volume&, MountFacts& facts) { facts.node_state = MountFacts::NodeState::unknown; }},
      {"volume pass, node refuse", Code::unavailable,
       "node 'node2' does not answer; look whether polly-guard runs there",
       [](Volume&, MountFacts& facts) { facts.node_state = MountFacts::NodeState::silent; }},
      {"volume pass, node pass, identity pass, grant refuse", Code::refused,
       "volume 'data' is not granted to swarm/web; an operator can allow it with `polly grant data --to swarm/web`",
       [](Volume& volume, MountFacts&) { volume.grants.clear(); }},
      {"volume pass, node pass, identity pass, grant refuse", Code::refused,
       "volume 'data' is not granted to swarm/-@node2; an operator can allow it with `polly grant data --to "
       "swarm/-@node2`",
       [](Volume&, MountFacts& facts) {
         facts.askers = {web, {"swarm", "-", "node2"}};
       }},
  };
  for (const auto& row : table) {
    auto volume = ready();
    auto facts = asked(volume);
    row.change(volume, facts);
    auto ruling = decide(facts);
    EXPECT_EQ(ruling.verdict, Ruling::Verdict::refuse) << row.reason;
    EXPECT_EQ(rules_of(ruling), row.rules);
    EXPECT_EQ(ruling.code, row.code) << row.reason;
    EXPECT_EQ(ruling.reason(), row.reason);
  }
}

TEST(Decision, AGrantThatDoesNotCountIsToldInTheRefusal) {
  auto volume = ready();
  volume.grants[0].expires = 1'767'225'600'000;
  auto facts = asked(volume);
  facts.now = 1'767'225'600'001;
  EXPECT_EQ(decide(facts).reason(),
            "volume 'data' is not granted to swarm/web: its grant expired at 2026-01-01 00:00:00Z; an operator can "
            "allow it with `polly grant data --to swarm/web --expires 30d`");
  volume.grants[0].access = Access::read_only;
  volume.grants[0].pin = "id1";
  EXPECT_TRUE(decide(facts).reason().ends_with("--to swarm/web --ro --expires 30d --pin`")) << decide(facts).reason();
  volume.grants[0].access = Access::read_write;
  volume.grants[0].pin.clear();
  facts.now = 0;
  EXPECT_EQ(decide(facts).verdict, Ruling::Verdict::allow);
  volume.grants[0].pin = "id1";
  EXPECT_NE(decide(facts).reason().find("swarm/web: its grant is pinned to another service of that name; an"),
            std::string::npos);
}

TEST(Decision, WhoeverIsInTheWayIsWaitedForOnlyWhereThatCanCure) {
  using Verdict = Ruling::Verdict;
  struct Row {
    HolderFacts holder;
    Verdict verdict;
    const char* words;
  };
  const std::vector<Row> table = {
      {{false, true, Wanted::running}, Verdict::refuse, "whose task is wanted running; swarm/web can have it when"},
      {{false, true, Wanted::unknown}, Verdict::refuse, "and the scheduler cannot be asked about it; swarm/web"},
      {{false, false, Wanted::unknown}, Verdict::refuse, "which is not under a scheduler's control; swarm/web"},
      {{true, true, Wanted::running}, Verdict::refuse, "which does not answer: until it is back"},
      {{true, true, Wanted::gone}, Verdict::refuse, "`polly volume release data` takes it from there"},
      {{false, true, Wanted::leaving}, Verdict::wait, "whose task is to stop"},
      {{false, true, Wanted::gone}, Verdict::wait, "whose task is to stop"},
  };
  auto volume = held_by_db();
  for (const auto& row : table) {
    auto facts = asked(volume);
    facts.holder = row.holder;
    auto ruling = decide(facts);
    EXPECT_EQ(ruling.verdict, row.verdict) << row.words;
    EXPECT_EQ(ruling.findings.back().rule, "holder");
    EXPECT_TRUE(ruling.reason().starts_with("volume 'data' is one-node and held by swarm/db on node 'node1', "))
        << ruling.reason();
    EXPECT_NE(ruling.reason().find(row.words), std::string::npos) << ruling.reason();
    EXPECT_EQ(ruling.waits_for, row.verdict == Verdict::wait ? "node 'node1' to let go of it" : "");
  }
}

TEST(Decision, AHolderOfWhomNothingIsKnownIsNotWaitedFor) {
  auto volume = held_by_db();
  EXPECT_EQ(decide(asked(volume)).verdict, Ruling::Verdict::refuse);
}

TEST(Decision, WhatCuresItselfIsWaitedForByName) {
  auto leaving = held_by_db();
  leaving.attachments[0].mounts.clear();
  leaving.attachments[0].state = Attachment::State::detaching;
  EXPECT_EQ(decide(asked(leaving)).waits_for, "node 'node1' to let go of it");

  auto busy = ready();
  busy.operation = "op1";
  auto ruling = decide(asked(busy));
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::wait);
  EXPECT_EQ(ruling.findings.back().rule, "operation");
  EXPECT_EQ(ruling.waits_for, "an operation that is at work on it");

  // Its own mounts of before the boot would be in the way of a one-mount volume, and nobody stops them any more.
  auto rebooted = held_by_db(AccessMode::one_mount);
  auto facts = asked(rebooted);
  facts.node = "node1";
  facts.former_boot = true;
  ruling = decide(facts);
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::wait);
  EXPECT_EQ(ruling.waits_for, "what node 'node1' had mounted before its boot to be taken off");
}

TEST(Decision, TheNarrowestRightOfAllThatMayAskIsGiven) {
  auto volume = ready();
  volume.grants.push_back({ServicePattern{"swarm/-"}, Access::read_only, "", 0});
  auto facts = asked(volume);
  facts.askers.push_back({"swarm", "-", "node2"});
  EXPECT_EQ(decide(facts).access, Access::read_only);
}

TEST(Decision, WhoCannotWriteIsToldWhy) {
  auto text_of = [](const MountFacts& facts) { return decide(facts).findings[4].text; };
  auto volume = ready(AccessMode::many_readers);
  EXPECT_EQ(text_of(asked(volume)),
            "it is given for reading only: nobody writes to a volume that is many-readers; a write would fail");
  volume = ready();
  volume.grants[0].access = Access::read_only;
  EXPECT_EQ(text_of(asked(volume)), "it is given for reading only, as it is granted; a write would fail");
  auto reading = asked(volume);
  reading.wanted = Access::read_only;
  EXPECT_EQ(text_of(reading), "it is given for reading only, as it is granted");
}

TEST(Decision, BesideAHolderThatLeavesRoomItIsAllowed) {
  auto volume = held_by_db(AccessMode::many_writers);
  auto ruling = decide(asked(volume));
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(ruling.findings[5].text, "who holds it leaves room for this: it is many-writers");
}

TEST(Decision, WhatIsNotAskedNowIsSaidToBeSkipped) {
  auto volume = ready();
  auto facts = asked(volume);
  facts.identified = false;
  facts.node = "";
  facts.node_state = MountFacts::NodeState::any;
  auto ruling = decide(facts);
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(rules_of(ruling),
            "volume pass, node skip, identity skip, grant pass, access pass, holder pass, operation pass");
}

TEST(Decision, TheHolderIsAskedForOnlyWhereItWillBeJudged) {
  auto volume = held_by_db();
  auto facts = asked(volume);
  ASSERT_TRUE(conflict_of(facts));
  EXPECT_EQ(conflict_of(facts)->node, "node1");
  volume.grants.clear();
  EXPECT_FALSE(conflict_of(facts)) << "it is refused before";
  facts.volume = nullptr;
  EXPECT_FALSE(conflict_of(facts));
}

}  // namespace
}  // namespace polly
