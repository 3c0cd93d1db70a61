#include "tests/drivers/conformance.h"

#include <algorithm>
#include <iterator>

namespace polly::drivers::test {
namespace {

constexpr uint64_t kMiB = 1ULL << 20;

Json at_path(const Scratch& scratch) {
  return Json::object().set("path", scratch / "pool");
}
Json thin(const Scratch& scratch) {
  return at_path(scratch).set("provisioning", "thin");
}

const Subject kSubjects[] = {
    {"Memory", "memory", [](const Scratch&) { return Json::object().set("directories", true); }, 64 * kMiB, "ext4",
     false},
    {"Directory", "directory", at_path, 0, "", true},
    {"LoopExt4", "loop", at_path, 16 * kMiB, "ext4", true},
    {"LoopExt4Thin", "loop", thin, 16 * kMiB, "", true},
    {"LoopXfs", "loop", at_path, 300 * kMiB, "xfs", true},
};

std::vector<Subject> subjects(const std::function<bool(const Subject&)>& wanted) {
  std::vector<Subject> chosen;
  std::copy_if(std::begin(kSubjects), std::end(kSubjects), std::back_inserter(chosen), wanted);
  return chosen;
}

std::string label_of(const ::testing::TestParamInfo<Subject>& subject) {
  return subject.param.label;
}

INSTANTIATE_TEST_SUITE_P(Drivers, Conformance, ::testing::ValuesIn(kSubjects), label_of);
INSTANTIATE_TEST_SUITE_P(Drivers, ConformanceOfFiles,
                         ::testing::ValuesIn(subjects([](const Subject& s) { return s.real; })), label_of);
INSTANTIATE_TEST_SUITE_P(Drivers, ConformanceOfSizes,
                         ::testing::ValuesIn(subjects([](const Subject& s) { return s.size != 0; })), label_of);

}  // namespace
}  // namespace polly::drivers::test
