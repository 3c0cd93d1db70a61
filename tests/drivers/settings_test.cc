// Settings of pools, as an operator may write them.
#include <gtest/gtest.h>

#include "tests/drivers/support.h"

namespace polly::drivers {
namespace {

std::string refusal(const std::string& driver, const Json& settings, const std::string& cluster = "polly") {
  auto made = make_controller(driver, {cluster, "fast", settings});
  if (made) return "";
  EXPECT_EQ(code_name(made.error().code), code_name(Code::invalid));
  return made.error().message;
}

bool mentions(const std::string& text, std::initializer_list<std::string> words) {
  for (const auto& word : words)
    if (text.find(word) == std::string::npos) return false;
  return true;
}

Json path() {
  return Json::object().set("path", "/srv/polly");
}

TEST(Registries, NameWhatTheyKnow) {
  EXPECT_EQ(controller_drivers(), (std::vector<std::string>{"directory", "loop", "memory"}));
  EXPECT_TRUE(mentions(refusal("ebs", path()), {"'fast'", "'ebs'", "directory, loop, memory"}))
      << refusal("ebs", path());
  auto node = make_node_half("ebs");
  EXPECT_CODE(node, Code::invalid);
  EXPECT_TRUE(mentions(node.error().message, {"'ebs'", "loop"}));
  for (const auto& driver : controller_drivers()) EXPECT_OK(make_node_half(driver));
}

TEST(Settings, AreRefusedByName) {
  for (const std::string driver : {"directory", "loop"}) {
    EXPECT_EQ(refusal(driver, path()), "");
    EXPECT_EQ(refusal(driver, path().set("capacity", "10G")), "");
    EXPECT_TRUE(mentions(refusal(driver, Json::object()), {"'path'", "is missing"}));
    EXPECT_TRUE(mentions(refusal(driver, path().set("paht", "x")), {"'paht'", "unknown key", "path"}));
    EXPECT_TRUE(mentions(refusal(driver, Json::object().set("path", 7)), {"'path'", "expected a string"}));
    EXPECT_TRUE(mentions(refusal(driver, Json::object().set("path", "srv")), {"'path'", "start with a '/'"}));
    EXPECT_TRUE(mentions(refusal(driver, path().set("capacity", "a lot")), {"'capacity'"}));
    EXPECT_TRUE(mentions(refusal(driver, path(), "../x"), {"cluster"}));
    EXPECT_NE(refusal(driver, Json("text")), "");
  }
  EXPECT_TRUE(mentions(refusal("loop", path().set("provisioning", "fat")), {"'provisioning'", "thick"}));
  EXPECT_TRUE(mentions(refusal("loop", path().set("provisioning", true)), {"'provisioning'", "string"}));
  EXPECT_NE(refusal("directory", path().set("provisioning", "thin")), "");
}

TEST(Settings, OfMemoryChooseItsCapabilities) {
  Json settings =
      Json::object().set("sizes", false).set("reach", "node").set("control", "node").set("fence", "storage");
  settings.set("access_modes", Json::array().push("one-mount")).set("filesystems", Json::array());
  auto made = make_controller("memory", {"polly", "m", settings});
  ASSERT_OK(made);
  const Capabilities& can = (*made)->capabilities();
  EXPECT_FALSE(can.sizes);
  EXPECT_EQ(can.reach, Reach::node);
  EXPECT_EQ(can.control, Control::node);
  EXPECT_EQ(can.fence, Fence::storage);
  EXPECT_EQ(can.access_modes, std::set<AccessMode>{AccessMode::one_mount});
  EXPECT_TRUE(can.filesystems.empty());
  EXPECT_TRUE(mentions(refusal("memory", Json::object().set("reach", "moon")), {"'reach'", "moon"}));
  EXPECT_TRUE(mentions(refusal("memory", Json::object().set("sizes", "yes")), {"'sizes'"}));
  EXPECT_TRUE(
      mentions(refusal("memory", Json::object().set("access_modes", Json::array().push("x"))), {"access_modes"}));
}

}  // namespace
}  // namespace polly::drivers
