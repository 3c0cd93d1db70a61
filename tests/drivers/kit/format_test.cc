// Tries to make the rule for making filesystems eat data. Each test compares the whole disk before and after.
#include "drivers/kit/format.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/exec.h"
#include "base/unique_fd.h"
#include "drivers/kit/loop_device.h"
#include "drivers/kit/mkfs.h"
#include "drivers/kit/mount.h"
#include "drivers/kit/probe.h"
#include "tests/drivers/support.h"

namespace polly::drivers::kit {
namespace {

using test::Gate;
using test::Scratch;

constexpr uint64_t kMiB = 1ULL << 20;
// Others in each process: two xfs filesystems of one UUID are not mounted at the same time.
const std::string kOurs = kit::new_uuid();
const std::string kTheirs = kit::new_uuid();

// A disk in a file, and the record that the coordinator would have of it.
class Formatting : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    make_disk(size_);
    request_.volume_id = "v1";
    request_.filesystem = GetParam();
    request_.size = size_;
    request_.serial = "serial-1";
  }

  void make_disk(uint64_t size) {
    UniqueFd fd(::open(image_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(fd);
    ASSERT_EQ(::ftruncate(fd.get(), 0), 0);
    ASSERT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
  }

  void plant(uint64_t offset, const std::string& bytes) {
    UniqueFd fd(::open(image_.c_str(), O_RDWR | O_CLOEXEC));
    ASSERT_EQ(::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
  }

  void plant_filesystem(const std::string& type, const std::string& uuid) {
    ASSERT_OK(
        attached([&](const Device& device) { return make_filesystem(device.path, device.size, type, uuid, true); }));
  }

  // What a container wrote, with the filesystem left as a crash leaves it if `clean` is false.
  void plant_data(bool clean) {
    ASSERT_OK(attached([&](const Device& device) -> Status {
      std::string point = scratch_ / "mnt";
      ::mkdir(point.c_str(), 0700);
      TRY_STATUS(mount_filesystem(device.path, GetParam(), point));
      test::write_text(point + "/data", "years of work");
      TRY_STATUS(run_ok({"sync", "-f", point}, std::chrono::seconds(10)));
      if (!clean) copy_away();
      return unmount(point);
    }));
    if (clean) return;
    ASSERT_TRUE(test::tool({"mv", scratch_ / "crashed", image_}));
  }
  void copy_away() { ASSERT_TRUE(test::tool({"cp", "--sparse=always", image_, scratch_ / "crashed"})); }

  template <class Action>
  auto attached(Action action) -> decltype(action(Device{})) {
    UniqueFd fd(::open(image_.c_str(), O_RDWR | O_CLOEXEC));
    TRY(loop, attach_loop(fd, "disk.img", 4096));
    fd.reset();
    return action(Device{loop.path, loop.size, "serial-1"});
  }

  Result<std::string> prepare() {
    StageRequest request = request_;  // the gate changes the record meanwhile
    return attached([&](const Device& device) { return prepare_filesystem(device, request, gate_); });
  }

  void expect_refused(Code code, const std::string& because = "") {
    uint64_t before = test::checksum(image_);
    int begun = gate_.begun;
    auto outcome = prepare();
    EXPECT_CODE(outcome, code);
    EXPECT_NE(outcome.error().message.find(because), std::string::npos) << outcome.error().message;
    EXPECT_EQ(test::checksum(image_), before) << "the disk was changed";
    EXPECT_EQ(gate_.begun, begun);
    EXPECT_EQ(gate_.finished, 0);
  }
  void expect_filesystem(const std::string& uuid) {
    auto found = attached([](const Device& device) { return probe_device(device.path); });
    ASSERT_OK(found);
    EXPECT_EQ(found->type, GetParam());
    EXPECT_EQ(found->uuid, uuid);
  }
  void expect_data() {
    ASSERT_OK(attached([&](const Device& device) -> Status {
      std::string point = scratch_ / "mnt";
      ::mkdir(point.c_str(), 0700);
      TRY_STATUS(mount_filesystem(device.path, GetParam(), point));
      EXPECT_EQ(test::read_text(point + "/data"), "years of work");
      return unmount(point);
    }));
  }

  const uint64_t size_ = 304 * kMiB;
  Scratch scratch_;
  std::string image_ = scratch_ / "disk.img";
  StageRequest request_;
  Gate gate_{request_.format};
};

INSTANTIATE_TEST_SUITE_P(Types, Formatting, ::testing::Values("ext4", "xfs"),
                         [](const auto& type) { return type.param; });

TEST_P(Formatting, MakesAFilesystemOnce) {
  auto type = prepare();
  ASSERT_OK(type);
  EXPECT_EQ(*type, GetParam());
  EXPECT_EQ(request_.format.state, Format::State::formatted);
  expect_filesystem(request_.format.uuid);
  plant_data(true);
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 1);
  EXPECT_EQ(gate_.finished, 1);
  expect_data();
}

TEST_P(Formatting, NeverOverAFilesystemThatNoRecordKnows) {
  plant_filesystem(GetParam(), kTheirs);
  plant_data(true);
  expect_refused(Code::corrupt);
  expect_data();
}

TEST_P(Formatting, NeverOverWhatHasASignature) {
  struct Planted {
    std::string what;
    std::vector<std::string> command;
  };
  const std::string uuid = kTheirs;
  for (const Planted& planted :
       {Planted{"ext4", {"mkfs.ext4", "-q", "-F", image_}},
        Planted{"ext2 with small blocks", {"mkfs.ext2", "-q", "-F", "-b", "1024", image_}},
        Planted{"xfs", {"mkfs.xfs", "-q", "-f", image_}}, Planted{"btrfs", {"mkfs.btrfs", "-q", "-f", image_}},
        Planted{"swap", {"mkswap", image_}}}) {
    SCOPED_TRACE(planted.what);
    make_disk(size_);
    auto made = run(planted.command, std::chrono::seconds(30));
    if (!made && made.error().code == Code::not_found) continue;  // that tool is not installed here
    ASSERT_TRUE(made && made->code == 0);
    expect_refused(Code::corrupt);
  }
}

TEST_P(Formatting, NeverOverBytesThatSayAnything) {
  const std::string entry("\x80\x01\x01\0\x83\xfe\xff\xff\0\x08\0\0\0\0\x10\0", 16);
  struct Planted {
    std::string what;
    uint64_t offset;
    std::string bytes;
  };
  for (const Planted& planted : {
           Planted{"LUKS1", 0, std::string("LUKS\xba\xbe\0\x01", 8) + "aes"},
           Planted{"LUKS2's second header", 16384, std::string("SKUL\xba\xbe\0\x02", 8)},
           Planted{"MBR", 446, entry + std::string(48, '\0') + "\x55\xaa"},
           Planted{"GPT", 512, "EFI PART"},
           Planted{"GPT at the end", size_ - 512, "EFI PART"},
           Planted{"LVM", 512, "LABELONE"},
           Planted{"MD at the end", size_ - 8192, "\xfc\x4e\x2b\xa9"},
           Planted{"a database's first byte", 0, "x"},
           Planted{"the last byte", size_ - 1, "x"},
           Planted{"the end of the first MiB", kMiB - 1, "x"},
           Planted{"something in the middle", size_ / 2 + 17, "x"},
       }) {
    SCOPED_TRACE(planted.what);
    make_disk(size_);
    plant(planted.offset, planted.bytes);
    expect_refused(Code::corrupt);
  }
}

TEST_P(Formatting, NeverWhereSignaturesContradict) {
  plant_filesystem("ext4", kOurs);
  plant(64 * 1024 + 48, std::string("\0\0\x01\0\0\0\0\0", 8) + std::string(8, '\0') + "_BHRfS_M");
  for (auto state : {Format::State::never, Format::State::formatting, Format::State::formatted}) {
    request_.format = {state, kOurs};
    expect_refused(Code::corrupt, "several");
  }
}

TEST_P(Formatting, NeverOnADeviceOfAnotherSizeOrSerial) {
  for (auto state : {Format::State::never, Format::State::formatting, Format::State::formatted})
    for (int64_t off : {-4096, 4096}) {
      request_.format = {state, state == Format::State::never ? "" : kOurs};
      request_.size = static_cast<uint64_t>(static_cast<int64_t>(size_) + off);
      expect_refused(Code::corrupt);
      request_.size = size_;
      request_.serial = "serial-2";
      expect_refused(Code::corrupt);
      request_.serial = "";
      expect_refused(Code::corrupt);
      request_.serial = "serial-1";
    }
}

TEST_P(Formatting, NeverWithoutASizeToCompare) {
  request_.size = 0;
  expect_refused(Code::invalid);
  request_.format = {Format::State::formatting, kOurs};
  expect_refused(Code::invalid);
}

TEST_P(Formatting, NeverOnWhatWeDidNotMake) {
  for (auto origin : {Origin::copied, Origin::adopted})
    for (auto state : {Format::State::never, Format::State::formatting, Format::State::formatted}) {
      request_.origin = origin;
      request_.format = {state, state == Format::State::never ? "" : kOurs};
      expect_refused(Code::corrupt);
    }
}

TEST_P(Formatting, MountsACopyAsItIs) {
  plant_filesystem(GetParam(), kTheirs);
  plant_data(true);
  uint64_t before = test::checksum(image_);
  for (auto origin : {Origin::copied, Origin::adopted}) {
    request_.origin = origin;
    auto type = prepare();
    ASSERT_OK(type);
    EXPECT_EQ(*type, GetParam());
  }
  EXPECT_EQ(gate_.begun, 0);
  EXPECT_EQ(test::checksum(image_), before);
  ASSERT_TRUE(test::tool({"mkswap", "-f", image_}));
  expect_refused(Code::unsupported);
}

TEST_P(Formatting, LeavesTheDiskAloneWhenTheEpochIsOver) {
  gate_.refuse_begin = true;
  uint64_t before = test::checksum(image_);
  EXPECT_CODE(prepare(), Code::refused);
  EXPECT_EQ(test::checksum(image_), before);
  request_.format = {Format::State::formatting, kOurs};
  EXPECT_CODE(prepare(), Code::refused);
  EXPECT_EQ(test::checksum(image_), before);
}

TEST_P(Formatting, GoesOnAfterACrashBehindBegin) {
  gate_.lose_begin = true;
  uint64_t before = test::checksum(image_);
  EXPECT_CODE(prepare(), Code::unknown_outcome);
  EXPECT_EQ(test::checksum(image_), before);
  ASSERT_EQ(request_.format.state, Format::State::formatting);
  std::string uuid = request_.format.uuid;
  gate_.lose_begin = false;
  ASSERT_OK(prepare());
  EXPECT_EQ(request_.format.uuid, uuid);
  EXPECT_EQ(request_.format.state, Format::State::formatted);
  expect_filesystem(uuid);
}

TEST_P(Formatting, GoesOnAfterACrashBeforeDone) {
  gate_.refuse_done = true;
  EXPECT_CODE(prepare(), Code::unavailable);
  ASSERT_EQ(request_.format.state, Format::State::formatting);
  std::string uuid = request_.format.uuid;
  uint64_t made = test::checksum(image_);
  gate_.refuse_done = false;
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 1) << "it was whole: no need to make it again";
  EXPECT_EQ(request_.format.uuid, uuid);
  EXPECT_EQ(test::checksum(image_), made);
}

TEST_P(Formatting, GoesOnWhenTheAnswerToDoneWasLost) {
  gate_.lose_done = true;
  EXPECT_CODE(prepare(), Code::unknown_outcome);
  ASSERT_EQ(request_.format.state, Format::State::formatted);
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 1);
}

TEST_P(Formatting, MakesAHalfMadeFilesystemAgain) {
  request_.format = {Format::State::formatting, kOurs};
  plant_filesystem(GetParam(), kOurs);
  plant(GetParam() == "ext4" ? 4096 : 512,
        std::string(64 * 1024, '\0'));  // group descriptors, or the free space's trees
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 1);
  EXPECT_TRUE(
      attached([](const Device& device) -> Result<bool> { return checks_clean(device.path, GetParam()); }).value());
  expect_filesystem(kOurs);
  // mkfs wipes the start first: nothing is found then, and the rest is of its making too.
  request_.format = {Format::State::formatting, kOurs};
  plant(0, std::string(64 * 1024, '\0'));
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 2);
  expect_filesystem(kOurs);
}

TEST_P(Formatting, RefusesAnotherFilesystemWhileFormatting) {
  for (const std::string type : {"ext4", "xfs"}) {
    make_disk(size_);
    plant_filesystem(type, kTheirs);
    request_.format = {Format::State::formatting, kOurs};
    expect_refused(Code::corrupt);
  }
  make_disk(size_);
  plant_filesystem(GetParam() == "ext4" ? "xfs" : "ext4", kOurs);
  expect_refused(Code::corrupt);
}

// The store was restored from a backup that was taken while the volume was being formatted, months ago.
TEST_P(Formatting, KeepsDataOfARecordThatForgotDone) {
  plant_filesystem(GetParam(), kOurs);
  plant_data(true);
  request_.format = {Format::State::formatting, kOurs};
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 0);
  expect_data();
  request_.format = {Format::State::never, ""};
  gate_.finished = 0;
  expect_refused(Code::corrupt);
}

TEST_P(Formatting, KeepsUncleanDataOfARecordThatForgotDone) {
  plant_filesystem(GetParam(), kOurs);
  plant_data(false);
  plant(GetParam() == "ext4" ? 3 * 4096 : 2 * 4096, std::string(16, '\xff'));  // unclean in any checker's eyes
  request_.format = {Format::State::formatting, kOurs};
  expect_refused(Code::corrupt, "has been mounted");
}

TEST_P(Formatting, WantsTheRecordedFilesystem) {
  request_.format = {Format::State::formatted, kOurs};
  expect_refused(Code::corrupt);  // a blank disk
  plant_filesystem(GetParam(), kTheirs);
  expect_refused(Code::corrupt);
  plant_filesystem(GetParam() == "ext4" ? "xfs" : "ext4", kOurs);
  expect_refused(Code::corrupt);
  make_disk(size_);
  plant_filesystem(GetParam(), kOurs);
  ASSERT_OK(prepare());
  EXPECT_EQ(gate_.begun, 0);
}

TEST_P(Formatting, TakesAGrownDeviceButNoShorterOne) {
  plant_filesystem(GetParam(), kOurs);
  request_.format = {Format::State::formatted, kOurs};
  request_.size = size_ - kMiB;
  EXPECT_OK(prepare());
  request_.size = size_ + kMiB;
  expect_refused(Code::corrupt);
}

TEST_P(Formatting, NeverOnADeviceThatCannotBeRead) {
  for (auto state : {Format::State::never, Format::State::formatting, Format::State::formatted}) {
    request_.format = {state, state == Format::State::never ? "" : kOurs};
    auto outcome = attached([&](const Device& device) -> Result<std::string> {
      make_disk(0);  // behind the device's back: reads fail now
      StageRequest request = request_;
      return prepare_filesystem(device, request, gate_);
    });
    ASSERT_FALSE(outcome);
    EXPECT_EQ(gate_.begun, 0) << outcome.error().message;
    EXPECT_EQ(code_name(outcome.error().code), code_name(Code::unavailable)) << outcome.error().message;
    make_disk(size_);
  }
}

TEST_P(Formatting, NeverMakesWhatItDoesNotKnow) {
  request_.filesystem = "btrfs";
  expect_refused(Code::unsupported);
  request_.filesystem = "";
  expect_refused(Code::unsupported);
}

TEST(Uuid, LooksLikeOne) {
  std::string uuid = new_uuid();
  ASSERT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_NE(uuid, new_uuid());
}

}  // namespace
}  // namespace polly::drivers::kit
