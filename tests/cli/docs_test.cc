// What docs/ say about configuration and exit codes is what the code does: each documented key is known, each known key
// is documented.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/files.h"
#include "base/yaml.h"
#include "cli/config_check.h"
#include "core/codec/settings.h"
#include "drivers/driver.h"

namespace polly {
namespace {

std::string read(const std::string& name) {
  auto text = files::read(std::string(POLLY_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(text) << name;
  return text.value_or("");
}

// The first column of the table below each heading "## NAME", and the columns after it.
using Rows = std::map<std::string, std::vector<std::string>>;
std::map<std::string, Rows> tables_of(const std::string& name) {
  std::map<std::string, Rows> sections;
  std::string section;
  std::istringstream lines(read(name));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    if (!line.starts_with("| ") || line.starts_with("| key") || line.starts_with("| code |")) continue;
    std::vector<std::string> cells;
    std::istringstream columns(line.substr(2));
    for (std::string cell; std::getline(columns, cell, '|');) {
      auto end = cell.find_last_not_of(' ');
      cells.push_back(cell.substr(cell.find_first_not_of(' ') == std::string::npos ? 0 : cell.find_first_not_of(' '),
                                  end == std::string::npos ? 0 : end + 1 - cell.find_first_not_of(' ')));
    }
    if (cells.empty()) continue;
    auto key = cells[0];
    std::erase(key, '`');
    sections[section][key] = {cells.begin() + 1, cells.end()};
  }
  return sections;
}

// The reader names the keys that it knows when it meets one that it does not.
std::set<std::string> known_in(const std::string& message) {
  const std::string opening = "unknown key; known are ";
  auto at = message.find(opening);
  EXPECT_NE(at, std::string::npos) << message;
  if (at == std::string::npos) return {};
  std::istringstream list(message.substr(at + opening.size()));
  std::set<std::string> keys;
  for (std::string key; std::getline(list, key, ',');) {
    std::erase(key, ' ');
    keys.insert(key);
  }
  return keys;
}

std::set<std::string> known_below(const std::string& yaml) {
  auto document = yaml::parse(yaml);
  auto settings = settings_from_json(document->value, document->lines);
  EXPECT_FALSE(settings);
  return settings ? std::set<std::string>{} : known_in(settings.error().message);
}

std::set<std::string> keys_of(const Rows& rows) {
  std::set<std::string> keys;
  for (const auto& [key, cells] : rows) keys.insert(key);
  return keys;
}

TEST(Documentation, EachKeyIsKnownAndEachKnownKeyIsDocumented) {
  auto tables = tables_of("docs/configuration.md");
  EXPECT_EQ(keys_of(tables["coordinator"]), known_below("coordinator: {zz: 1}"));
  EXPECT_EQ(keys_of(tables["node"]), known_below("node: {zz: 1}"));
  EXPECT_EQ(keys_of(tables["coordinator.classes"]), known_below("coordinator: {classes: {gold: {zz: 1}}}"));
  EXPECT_EQ(keys_of(tables["coordinator.schedulers"]),
            known_below("coordinator: {schedulers: {swarm: {driver: docker, zz: 1}}}"));
}

TEST(Documentation, DriversKeysAreKnownAndDocumented) {
  auto tables = tables_of("docs/configuration.md");
  auto pools = keys_of(tables["coordinator.pools"]);
  EXPECT_EQ(pools, (std::set<std::string>{"driver", "capacity"}));
  for (const std::string driver : {"loop", "directory"}) {
    auto settings = Json::object().set("path", "/x").set("zz", 1);
    auto made = drivers::make_controller(driver, {"polly", "fast", settings});
    ASSERT_FALSE(made) << driver;
    auto known = known_in(made.error().message);
    known.erase("capacity");  // the pool's own
    EXPECT_EQ(keys_of(tables["driver " + driver]), known) << driver;
  }
  for (const auto& driver : drivers::controller_drivers())
    EXPECT_NE(tables["coordinator.pools"]["driver"].at(1).find("`" + driver + "`"), std::string::npos) << driver;
}

// A default that is written as a value is taken as it stands, and makes no difference.
TEST(Documentation, DefaultsAreTheDefaults) {
  auto tables = tables_of("docs/configuration.md");
  std::string yaml;
  for (const std::string section : {"coordinator", "node"}) {
    yaml += section + ":\n";
    for (const auto& [key, cells] : tables[section]) {
      auto value = cells.at(0);
      if (value.starts_with('`')) yaml += "  " + key + ": " + value.substr(1, value.size() - 2) + "\n";
    }
  }
  auto document = yaml::parse(yaml);
  ASSERT_TRUE(document) << document.error().message << "\n" << yaml;
  auto settings = settings_from_json(document->value, document->lines);
  ASSERT_TRUE(settings) << settings.error().message << "\n" << yaml;
  const CoordinatorSettings c;
  const auto& read_c = *settings->coordinator;
  EXPECT_EQ(read_c.cluster + read_c.state + read_c.listen + read_c.socket + read_c.log_level,
            c.cluster + c.state + c.listen + c.socket + c.log_level);
  EXPECT_EQ(read_c.default_access, c.default_access);
  EXPECT_EQ(read_c.default_size, c.default_size);
  EXPECT_EQ(read_c.trash_retention, c.trash_retention);
  EXPECT_EQ(read_c.session_ttl, c.session_ttl);
  const NodeSettings n;
  const auto& read_n = *settings->node;
  EXPECT_EQ(read_n.coordinators, n.coordinators);
  EXPECT_EQ(read_n.engine + read_n.plugin_socket + read_n.guard_socket, n.engine + n.plugin_socket + n.guard_socket);
  EXPECT_EQ(read_n.state + read_n.mounts + read_n.run + read_n.log_level, n.state + n.mounts + n.run + n.log_level);
}

TEST(Documentation, ExitCodesAreThoseOfTheTable) {
  auto rows = tables_of("docs/cli.md")["Exit codes"];
  EXPECT_EQ(rows.size(), 15u);
  for (const auto& [number, cells] : rows) {
    auto name = cells.at(0);
    std::erase(name, '`');
    auto code = code_from_name(name);
    ASSERT_TRUE(code) << name;
    EXPECT_EQ(std::to_string(exit_code(*code)), number) << name;
  }
}

// "  # key: value" becomes "  key: value"; sentences stay comments.
std::string without_comment_signs(const std::string& text) {
  static const std::regex commented_key("(^|\n)( *)# ( *[a-z_0-9]+:(?= |\n))");
  return std::regex_replace(text, commented_key, "$1$2$3");
}

TEST(Documentation, TheSampleConfigurationCanBeUsed) {
  auto file = cli::read_config(std::string(POLLY_SOURCE_DIR) + "/packaging/config.yml");
  ASSERT_TRUE(file) << file.error().message;
  auto good = cli::check_settings(*file);
  EXPECT_TRUE(good) << good.error().message;
}

TEST(Documentation, TheSamplesCommentedKeysCanBeUsedToo) {
  auto text = without_comment_signs(read("packaging/config.yml"));
  auto document = yaml::parse(text);
  ASSERT_TRUE(document) << document.error().message << "\n" << text;
  auto settings = settings_from_json(document->value, document->lines);
  ASSERT_TRUE(settings) << settings.error().message << "\n" << text;
  EXPECT_EQ(settings->coordinator->pools.size(), 2u);
  EXPECT_EQ(settings->coordinator->classes.size(), 1u);
  EXPECT_EQ(settings->node->log_level, "info");
  auto good = cli::check_settings({*settings, *document});
  EXPECT_TRUE(good) << good.error().message;
}

}  // namespace
}  // namespace polly
