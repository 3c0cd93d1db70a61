#include "plugin/node/journal.h"

#include "plugin/node/recovery.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::node {
namespace {

using test::Scratch;

VolumeRecord full_record() {
  VolumeRecord record;
  record.id = "0123456789abcdef0123456789abcdef";
  record.name = "notes";
  record.driver = "loop";
  record.boot = "boot-1";
  record.epoch = {7, 42};
  record.directory = "/mounts/x/stage";
  MountRecord mount;
  mount.id = "m1";
  mount.reference = "m1.0f0f0f0f";
  mount.state = MountRecord::State::mounted;
  mount.path = "/mounts/x/m1";
  mount.access = Access::read_only;
  mount.service = "swarm/db";
  mount.container = "c1";
  mount.phase = Candidate::Phase::copy_up;
  mount.at = 12345;
  mount.count = 2;
  record.mounts.push_back(mount);
  record.releases = {"m0", "m00"};
  return record;
}

TEST(Journal, IsReadBackAsItWas) {
  Scratch scratch;
  Journal journal(scratch / "journal");
  ASSERT_TRUE(journal.load());
  auto record = full_record();
  EXPECT_DONE(journal.save(record));
  ASSERT_OK(loaded, journal.load());
  ASSERT_EQ(loaded.records.size(), 1u);
  EXPECT_EQ(to_json(loaded.records[0]).dump(), to_json(record).dump());
  EXPECT_TRUE(loaded.records[0].mounts[0].granted);
}

TEST(Journal, ARecordWithNothingLeftHasNoFile) {
  Scratch scratch;
  Journal journal(scratch / "journal");
  ASSERT_TRUE(journal.load());
  auto record = full_record();
  EXPECT_DONE(journal.save(record));
  record.mounts.clear();
  record.releases.clear();
  record.directory.clear();
  EXPECT_DONE(journal.save(record));
  EXPECT_TRUE(files::list(scratch / "journal")->empty());
}

TEST(Journal, HalfAFileAWrongVersionAndAnotherVolumesNameArePutAside) {
  Scratch scratch;
  Journal journal(scratch / "journal");
  ASSERT_TRUE(journal.load());
  auto text = to_json(full_record()).dump();
  ASSERT_TRUE(files::write_atomically(scratch / "journal/a.json", text));
  ASSERT_TRUE(files::write_atomically(scratch / "journal/b.json", text.substr(0, text.size() / 2)));
  ASSERT_TRUE(files::write_atomically(scratch / "journal/c.json", R"({"version":2})"));
  ASSERT_TRUE(files::write_atomically(scratch / "journal/notes.txt", "not ours"));
  ASSERT_OK(loaded, journal.load());
  EXPECT_TRUE(loaded.records.empty());
  EXPECT_EQ(loaded.unreadable.size(), 3u);
  EXPECT_TRUE(files::exists(scratch / "journal/notes.txt"));
  EXPECT_TRUE(journal.load()->unreadable.empty());
}

TEST(Journal, KeepsNoContext) {
  EXPECT_EQ(to_json(full_record()).dump().find("context"), std::string::npos);
}

TEST(Journal, ANewBootLeavesOnlyReleasesThatWereOwed) {
  auto record = full_record();
  drop_former_boot(record);
  EXPECT_TRUE(record.mounts.empty());
  EXPECT_EQ(record.releases, (std::vector<std::string>{"m0", "m00"}));
  EXPECT_TRUE(record.directory.empty());
}

}  // namespace
}  // namespace polly::node
