// The table of judgements: mounts on record, containers as the engine shows them, and who is dead.
#include "plugin/node/judge.h"

#include <gtest/gtest.h>

#include <set>

namespace polly::node {
namespace {

using State = ContainerView::State;
using std::chrono::milliseconds;

MountRecord mount(const std::string& id, const std::string& container, int64_t at = 0,
                  MountRecord::State state = MountRecord::State::mounted) {
  MountRecord made;
  made.id = id;
  made.container = container;
  made.at = at;
  made.state = state;
  return made;
}

struct Case {
  const char* name;
  std::vector<MountRecord> mounts;
  std::vector<ContainerView> containers;
  std::set<std::string> dead;
};

// Now is 60,000 ms; younger than 5,000 ms is not judged.
const Case table[] = {
    {"nothing", {}, {}, {}},
    {"container gone", {mount("m1", "c1")}, {}, {"m1"}},
    {"container gone, others live", {mount("m1", "c1")}, {{"c2", State::alive, 1}}, {"m1"}},
    {"running", {mount("m1", "c1")}, {{"c1", State::alive, 1}}, {}},
    {"stopped", {mount("m1", "c1")}, {{"c1", State::stopped, 1}}, {"m1"}},
    {"busy", {mount("m1", "c1")}, {{"c1", State::busy, 1}}, {}},
    {"busy with an excess", {mount("m1", "c1"), mount("m2", "c1")}, {{"c1", State::busy, 1}}, {}},
    {"started anew: the oldest is dead",
     {mount("m2", "c1", 20'000), mount("m1", "c1", 10'000)},
     {{"c1", State::alive, 1}},
     {"m1"}},
    {"started anew twice",
     {mount("m1", "c1", 1), mount("m2", "c1", 2), mount("m3", "c1", 3)},
     {{"c1", State::alive, 1}},
     {"m1", "m2"}},
    {"two mount points of one volume", {mount("m1", "c1", 1), mount("m2", "c1", 2)}, {{"c1", State::alive, 2}}, {}},
    {"two mount points, three mounts",
     {mount("m1", "c1", 1), mount("m2", "c1", 2), mount("m3", "c1", 3)},
     {{"c1", State::alive, 2}},
     {"m1"}},
    {"fewer mounts than mount points", {mount("m1", "c1")}, {{"c1", State::alive, 2}}, {}},
    {"a young one counts and is not judged itself",
     {mount("m1", "c1", 10'000), mount("m2", "c1", 59'000)},
     {{"c1", State::alive, 1}},
     {"m1"}},
    {"young", {mount("m1", "c1", 58'000)}, {}, {}},
    {"just old enough", {mount("m1", "c1", 54'999)}, {}, {"m1"}},
    {"being mounted", {mount("m1", "c1", 0, MountRecord::State::mounting)}, {}, {}},
    {"on its way out", {mount("m1", "c1", 0, MountRecord::State::unmounting)}, {}, {}},
    {"on its way out does not count",
     {mount("m1", "c1", 1, MountRecord::State::unmounting), mount("m2", "c1", 2)},
     {{"c1", State::alive, 1}},
     {}},
    {"unknown container, nobody left", {mount("m1", "")}, {}, {"m1"}},
    {"unknown container, all stopped", {mount("m1", "")}, {{"c1", State::stopped, 1}}, {"m1"}},
    {"unknown container, one alive", {mount("m1", "")}, {{"c1", State::alive, 1}}, {}},
    {"unknown container, one busy", {mount("m1", "")}, {{"c1", State::busy, 1}, {"c2", State::stopped, 1}}, {}},
    {"each container by itself",
     {mount("m1", "c1"), mount("m2", "c2"), mount("m3", "c3"), mount("m4", "c4")},
     {{"c1", State::alive, 1}, {"c2", State::stopped, 1}, {"c3", State::busy, 1}},
     {"m2", "m4"}},
};

TEST(Judge, Table) {
  for (const auto& row : table) {
    std::set<std::string> dead;
    for (const auto& one : find_dead(row.mounts, row.containers, milliseconds(60'000), milliseconds(5'000))) {
      EXPECT_FALSE(one.why.empty());
      dead.insert(one.mount_id);
    }
    EXPECT_EQ(dead, row.dead) << row.name;
  }
}

}  // namespace
}  // namespace polly::node
