// Refused mounts: an id in the message, one record and one event for all repeats.
#include <algorithm>

#include "swarm/operations/grants.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class Refused : public CoordinatorTest {
 protected:
  Refused() {
    join("node1");
    join("node2");
    EXPECT_TRUE(create("data"));
  }

  // What `(polly explain ID)` at the end of the message names.
  std::string refuse(const std::string& service = "web", const std::string& node = "node1") {
    auto answer = mount("data", service, node, 0, ++attempts_);
    if (answer) {
      ADD_FAILURE() << "it was mounted";
      return "";
    }
    const std::string opening = " (polly explain ";
    const auto& message = answer.error().message;
    auto at = message.rfind(opening);
    EXPECT_NE(at, std::string::npos) << message;
    EXPECT_TRUE(message.ends_with(")")) << message;
    return at == std::string::npos ? "" : message.substr(at + opening.size(), 8);
  }

  std::vector<Event> refusal_events() {
    std::vector<Event> found;
    auto all = state.events("volume data", 1000, now(context));
    EXPECT_TRUE(all);
    for (const auto& event : policy.refusals().with_counts(*all, "volume data", 1000))
      if (event.kind == "mount.refused") found.push_back(event);
    return found;
  }

  int64_t written_count(const std::string& id) { return state.refusal(id)->count; }

  int attempts_ = 0;
};

TEST_F(Refused, EachIsFoundByItsIdWithWhatEachRuleSaid) {
  auto id = refuse();
  auto refusal = policy.refusals().find(id);
  ASSERT_TRUE(refusal) << refusal.error().message;
  EXPECT_EQ(refusal->volume, "data");
  EXPECT_EQ(refusal->service, "swarm/web");
  EXPECT_EQ(refusal->node, "node1");
  EXPECT_EQ(refusal->code, Code::refused);
  EXPECT_EQ(refusal->message,
            "cannot mount volume 'data' on node 'node1': volume 'data' is not granted to swarm/web; an operator can "
            "allow it with `polly grant data --to swarm/web`");
  EXPECT_EQ(refusal->cure, "an operator can allow it with `polly grant data --to swarm/web`");
  ASSERT_EQ(refusal->findings.size(), 4u);
  EXPECT_EQ(refusal->findings.back().rule, "grant");
  EXPECT_EQ(refusal->findings.back().verdict, Finding::Verdict::refuse);
  EXPECT_EQ(*state.refusal(id), *refusal) << "it is on record";
  ASSERT_EQ(refusal_events().size(), 1u);
  EXPECT_EQ(refusal_events()[0].refusal, id);
  EXPECT_EQ(refusal_events()[0].by, "swarm/web");
  EXPECT_REFUSED(policy.refusals().find("00000000"), Code::not_found, "no refusal '00000000' is on record");
}

TEST_F(Refused, RepeatsAreOneRecordAndOneEventWithACount) {
  auto id = refuse();
  auto commits = faulty.commits();
  for (int i = 2; i <= 9; ++i) {
    clock.advance(Millis(5'000));
    ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
    EXPECT_EQ(refuse(), id);
  }
  EXPECT_EQ(faulty.commits(), commits) << "they cost none";
  EXPECT_EQ(policy.refusals().find(id)->count, 9);
  EXPECT_EQ(policy.refusals().find(id)->last, now(context));
  ASSERT_EQ(refusal_events().size(), 1u);
  EXPECT_EQ(refusal_events()[0].count, 9);
  EXPECT_EQ(refusal_events()[0].last, now(context));
  EXPECT_EQ(written_count(id), 1);
  EXPECT_EQ(refuse(), id);
  EXPECT_EQ(written_count(id), 10);
}

TEST_F(Refused, ACountIsWrittenAfterFiveMinutesAtTheLatest) {
  auto id = refuse();
  EXPECT_EQ(refuse(), id);
  EXPECT_EQ(written_count(id), 1);
  clock.advance(Millis(std::chrono::minutes(5)));
  ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
  EXPECT_EQ(refuse(), id);
  EXPECT_EQ(written_count(id), 3);
}

TEST_F(Refused, AfterAnOrderlyStopTheCountAndTheIdGoOn) {
  Refusal asked;
  asked.volume = "data";
  asked.reason = "no";
  std::string id;
  {
    Refusals book(context);
    id = book.note(asked);
    EXPECT_EQ(book.note(asked), id);
  }
  EXPECT_EQ(written_count(id), 2);
  Refusals next(context);
  EXPECT_EQ(next.note(asked), id);
  EXPECT_EQ(next.find(id)->count, 3);
}

TEST_F(Refused, OneThatGoesOnStandsAmongTheNewestEvents) {
  auto id = refuse();
  for (int i = 0; i < 5; ++i) {
    clock.advance(Millis(1'000));
    ASSERT_TRUE(state.commit(store::Edit().put(make_event(context, "volume.made", "volume other", "ann", ""))));
  }
  clock.advance(Millis(1'000));
  ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
  EXPECT_EQ(refuse(), id);
  auto newest = policy.refusals().with_counts(*state.events("", 3, now(context)), "", 3);
  ASSERT_EQ(newest.size(), 3u);
  EXPECT_EQ(newest.back().refusal, id);
  EXPECT_EQ(newest.back().count, 2);
  EXPECT_TRUE(policy.refusals().with_counts({}, "volume other", 3).empty());
}

TEST_F(Refused, ANodeThatAsksForEverOtherThingsDoesNotFillTheStore) {
  Refusals book(context);
  Refusal asked;
  asked.node = "node1";
  int written = 0;
  for (int i = 0; i < 100; ++i) {
    asked.volume = "data" + std::to_string(i);
    written += book.note(asked).empty() ? 0 : 1;
  }
  EXPECT_EQ(written, 30);
  EXPECT_EQ(state.refusals()->size(), 30u);
  asked.node = "node2";
  EXPECT_FALSE(book.note(asked).empty()) << "others are not the worse for it";
  clock.advance(Millis(std::chrono::minutes(1)));
  asked.node = "node1";
  EXPECT_FALSE(book.note(asked).empty());
}

TEST_F(Refused, ACountThatWasNotWrittenIsWrittenLater) {
  auto id = refuse();
  for (int i = 2; i <= 9; ++i) refuse();
  faulty.fail_commit(1, Code::unavailable, store::FaultyStore::When::before);
  EXPECT_EQ(refuse(), id);
  EXPECT_EQ(written_count(id), 1);
  EXPECT_EQ(refuse(), id);
  EXPECT_EQ(written_count(id), 11);
}

TEST_F(Refused, WhatIsNoIdStaysInTheReason) {
  auto claim = claim_of("data", "web", "node1");
  claim.candidates[0].name = "a";
  claim.candidates[0].container = ".";
  EXPECT_FALSE(policy.mount(claim));
  auto all = state.refusals();
  ASSERT_EQ(all->size(), 1u);
  EXPECT_TRUE(all->front().value.reason.starts_with("volume 'data' is not granted")) << all->front().value.reason;
}

TEST_F(Refused, AClaimWithANameOrAnIdThatCannotBeOneIsNotDecided) {
  auto claim = claim_of("data", "web", "node1");
  claim.volume = std::string(100'000, 'x');
  EXPECT_EQ(policy.mount(claim).error().code, Code::invalid);
  claim.volume = "data";
  claim.mount_id = std::string(300, 'x');
  EXPECT_EQ(policy.mount(claim).error().code, Code::invalid);
  EXPECT_TRUE(state.refusals()->empty());
}

TEST_F(Refused, EventsBehindOneThatGoesOnAreForgottenAllTheSame) {
  for (int i = 0; i < 3; ++i) {
    auto event = make_event(context, "mount.refused", "volume data", "swarm/web", "");
    event.count = 2;
    event.last = now(context) + 2 * store::events_kept.count();
    ASSERT_TRUE(state.commit(store::Edit().put(event)));
  }
  auto old = make_event(context, "volume.made", "volume other", "ann", "");
  ASSERT_TRUE(state.commit(store::Edit().put(old)));
  auto keys = state.stale_keys(now(context) + store::events_kept.count() + 1, 2);
  ASSERT_TRUE(keys);
  EXPECT_FALSE(keys->empty());
  EXPECT_EQ(std::ranges::count_if(*keys, [](const auto& key) { return key.starts_with("event/"); }),
            static_cast<std::ptrdiff_t>(keys->size()));
}

TEST_F(Refused, WhatComesAgainMuchLaterIsNews) {
  auto id = refuse();
  EXPECT_EQ(refuse(), id);
  clock.advance(Millis(std::chrono::hours(1)) + Millis(1));
  ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
  EXPECT_NE(refuse(), id);
  EXPECT_EQ(refusal_events().size(), 2u);
  EXPECT_EQ(policy.refusals().find(id)->count, 2) << "the old one is still to be found, with its count";
}

TEST_F(Refused, AnotherServiceNodeOrReasonIsAnotherRefusal) {
  auto id = refuse("web", "node1");
  EXPECT_NE(refuse("web2", "node1"), id);
  EXPECT_NE(refuse("web", "node2"), id);
  ASSERT_TRUE(give_grant(context, "data", {ServicePattern{"swarm/web"}, Access::read_write, "", 0, now(context) + 1}));
  clock.advance(Millis(1));
  auto expired = refuse("web", "node1");
  EXPECT_NE(expired, id);
  EXPECT_EQ(refusal_events().size(), 4u);
}

TEST_F(Refused, AGrantGivenAMomentAgoCountsAtOnce) {
  refuse();
  refuse();
  ASSERT_TRUE(give_grant(context, "data", {ServicePattern{"swarm/web"}, Access::read_write, ""}));
  EXPECT_TRUE(mount("data", "web", "node1", 0, 99));
  ASSERT_TRUE(take_grant(context, "data", ServicePattern{"swarm/web"}, ""));
  ASSERT_FALSE(mount("data", "web", "node1", 0, 100)) << "nor is a yes kept";
}

TEST_F(Refused, TheIdsOfTasksAndContainersMakeNoDifference) {
  auto forged = [&](const std::string& task) {
    scheduler->forged.insert(task);
    MountClaim claim{"data", "m" + task, "node1", session_of("node1"), {{"c-" + task, "x." + task, task}}, false, 0};
    auto answer = policy.mount(claim);
    EXPECT_FALSE(answer);
    return answer ? "" : answer.error().message.substr(answer.error().message.rfind(' '));
  };
  auto first = forged("task-00000001");
  EXPECT_EQ(forged("task-00000002"), first);
  ASSERT_FALSE(refusal_events().empty());
  auto refusal = policy.refusals().find(refusal_events()[0].refusal);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->service, "");
  EXPECT_EQ(refusal->findings.back().rule, "identity");
  EXPECT_EQ(refusal->findings.back().text, "task task-00000002 is not there") << "of the last one";
}

TEST_F(Refused, AWaitInVainAndADriverThatFailsAreOnRecordToo) {
  grant("data", "swarm/*");
  fast().fail_next(platform::Call::attach, Code::unavailable);
  auto failed = policy.refusals().find(refuse());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->findings.back().rule, "attach");
  ASSERT_TRUE(mount("data", "db", "node1"));
  scheduler->states["db.1"] = Wanted::leaving;
  auto waited = policy.refusals().find(refuse("web", "node2"));
  ASSERT_TRUE(waited);
  EXPECT_EQ(waited->code, Code::timeout);
  EXPECT_EQ(waited->findings.back().verdict, Finding::Verdict::wait);
}

// The engine's message is worth more than its id.
TEST_F(Refused, WhatCannotBeWrittenIsRefusedAllTheSame) {
  faulty.fail_commit(1, Code::unavailable);
  auto answer = mount("data", "web", "node1");
  EXPECT_REFUSED(answer, Code::refused, "`polly grant data --to swarm/web`");
  EXPECT_EQ(answer.error().message.find("polly explain"), std::string::npos);
  auto id = refuse();
  EXPECT_EQ(written_count(id), 2) << "the next one is written";
}

TEST_F(Refused, ItIsForgottenWithTheEvents) {
  auto id = refuse();
  auto much_later = now(context) + store::events_kept.count() + 1;
  auto stale = state.stale_keys(much_later, 64);
  ASSERT_TRUE(stale);
  EXPECT_NE(std::ranges::count(*stale, "refusal/" + id), 0);
  EXPECT_EQ(std::ranges::count(*state.stale_keys(much_later - 2, 64), "refusal/" + id), 0);
}

}  // namespace
}  // namespace polly::swarm
