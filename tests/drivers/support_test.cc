#include "tests/drivers/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/exec.h"
#include "base/files.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "drivers/kit/mount_table.h"

namespace polly::drivers::test {
namespace {

constexpr unsigned kLoopMajor = 7;
constexpr off_t kChecksumBlock = 4096;

// All tests of this program run in a mount namespace of their own: what they leave mounted goes with it.
class OwnNamespace : public ::testing::Environment {
 public:
  void SetUp() override {
    ASSERT_EQ(::geteuid(), 0u) << "the tests of drivers mount filesystems: run them as root";
    ASSERT_EQ(::unshare(CLONE_NEWNS), 0) << errno_text(errno);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << errno_text(errno);
    // Our copies of others' mounts would keep their loop devices busy for as long as we run.
    auto table = kit::MountTable::read();
    ASSERT_TRUE(table);
    for (const auto& entry : table->entries())
      if (major(entry.device) == kLoopMajor) ::umount2(entry.point.c_str(), MNT_DETACH);
  }
};

[[maybe_unused]] ::testing::Environment* const own_namespace = ::testing::AddGlobalTestEnvironment(new OwnNamespace);

}  // namespace

Scratch::Scratch() {
  std::string pattern = "/tmp/polly-drivers-XXXXXX";
  path_ = ::mkdtemp(pattern.data());
}

Scratch::~Scratch() {
  auto table = kit::MountTable::read();
  if (table) {
    auto entries = table->entries();
    std::reverse(entries.begin(), entries.end());
    for (const auto& entry : entries)
      if (entry.point.starts_with(path_ + "/")) ::umount2(entry.point.c_str(), MNT_DETACH);
  }
  auto removed = files::remove_tree(path_);
  EXPECT_TRUE(removed) << removed.error().message;
}

Status Gate::begin(const std::string& uuid) {
  ++begun;
  if (refuse_begin) return fail(Code::refused, "cannot begin formatting: the attachment's epoch is over");
  format_ = {Format::State::formatting, uuid};
  if (lose_begin) return fail(Code::unknown_outcome, "cannot begin formatting: no answer from the coordinator");
  return {};
}

Status Gate::done(const std::string& uuid) {
  ++finished;
  if (refuse_done) return fail(Code::unavailable, "cannot record the filesystem: no coordinator");
  format_ = {Format::State::formatted, uuid};
  if (lose_done) return fail(Code::unknown_outcome, "cannot record the filesystem: no answer from the coordinator");
  return {};
}

std::string fresh_id() {
  return make_id();
}

CreateRequest create_request(const std::string& id, uint64_t size, const std::string& filesystem) {
  CreateRequest request;
  request.first = true;
  request.id = id;
  request.name = "test-" + id.substr(0, 6);
  request.size = size;
  request.filesystem = filesystem;
  return request;
}

Result<TestVolume> make_volume(Controller& controller, const Scratch& scratch, uint64_t size,
                               const std::string& filesystem) {
  std::string id = fresh_id();
  TRY_STATUS(controller.check(create_request(id, size, filesystem)));
  TRY(created, controller.create(create_request(id, size, filesystem)));
  TRY(context, controller.attach({created.platform_id, "node1", {1, 1}, Access::read_write}));
  TestVolume volume;
  volume.platform_id = created.platform_id;
  volume.request.volume_id = id;
  volume.request.directory = scratch / id;
  volume.request.context = context;
  volume.request.filesystem = created.filesystem;
  volume.request.size = created.size;
  volume.request.serial = created.serial;
  TRY_STATUS(files::make_directories(volume.request.directory));
  return volume;
}

Result<Staged> stage(NodeHalf& node, TestVolume& volume) {
  Gate gate(volume.request.format);
  StageRequest request = volume.request;  // the gate changes the record meanwhile
  return node.stage(request, gate);
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  file.close();
  EXPECT_TRUE(file.good()) << path;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int try_to_write(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  return fd ? 0 : errno;
}

uint64_t checksum(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(fd) << path;
  ::fsync(fd.get());
  std::vector<char> block(kChecksumBlock);
  uint64_t sum = 14695981039346656037ULL;
  off_t at = 0;
  while ((at = ::lseek(fd.get(), at, SEEK_DATA)) >= 0) {
    at -= at % kChecksumBlock;
    ssize_t n = ::pread(fd.get(), block.data(), block.size(), at);
    EXPECT_GT(n, 0) << path;
    if (n <= 0) break;
    std::string_view content(block.data(), static_cast<size_t>(n));
    if (content.find_first_not_of('\0') != std::string_view::npos)
      sum = (sum ^ std::hash<std::string_view>()(content) ^ static_cast<uint64_t>(at)) * 1099511628211ULL;
    at += n;
  }
  return sum;
}

bool tool(const std::vector<std::string>& command) {
  auto status = run_ok(command, std::chrono::seconds(60));
  EXPECT_TRUE(status) << status.error().message;
  return status.has_value();
}

size_t loops_below(const std::string& directory) {
  size_t count = 0;
  for (const auto& name : files::list("/sys/block").value_or(std::vector<std::string>{})) {
    auto backing = files::read("/sys/block/" + name + "/loop/backing_file");
    if (backing && backing->starts_with(directory + "/")) ++count;
  }
  return count;
}

}  // namespace polly::drivers::test
