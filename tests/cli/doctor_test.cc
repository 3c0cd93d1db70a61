#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/credentials.h"
#include "cli/doctor/finding.h"
#include "core/codec/records.h"
#include "tests/base/tls_fixture.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

using cli::doctor::Finding;
using cli::doctor::Places;

class DoctorOfTheMachine : public ::testing::Test {
 protected:
  Finding propagation(const std::string& mountinfo, const std::string& mounts) {
    Places places;
    places.mountinfo = folder_.write("mountinfo", mountinfo);
    NodeSettings node;
    node.mounts = mounts;
    return cli::doctor::check_propagation(node, places);
  }

  test::TemporaryFolder folder_;
};

TEST_F(DoctorOfTheMachine, MountsMustBeShared) {
  const std::string root = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
  const std::string var = "30 21 8:2 / /var/lib rw - ext4 /dev/sda2 rw\n";
  const std::string odd = "31 21 8:3 / /var/lib\\040x rw shared:9 - ext4 /dev/sda3 rw\n";
  EXPECT_EQ(propagation(root, "/var/lib/polly/mounts").state, Finding::State::ok);
  auto bad = propagation(root + var, "/var/lib/polly/mounts");
  EXPECT_EQ(bad.state, Finding::State::problem);
  EXPECT_EQ(
      bad.text,
      "/var/lib/polly/mounts is on /var/lib, which is not shared: containers would not see what is mounted there");
  EXPECT_EQ(bad.cure, "mount --make-rshared /var/lib");
  EXPECT_EQ(propagation(root + var, "/var/library").state, Finding::State::ok) << "a path below /, not below /var/lib";
  EXPECT_EQ(propagation(root + var + odd, "/var/lib x/polly").state, Finding::State::ok);
  auto covered = root + "40 21 0:5 / /var rw shared:3 - tmpfs x rw\n" + "41 40 0:6 / /var rw - tmpfs y rw\n";
  EXPECT_EQ(propagation(covered, "/var/x").state, Finding::State::problem) << "the later mount covers the earlier";
  EXPECT_EQ(propagation("", "/var").state, Finding::State::skipped);
}

TEST_F(DoctorOfTheMachine, ProgramsAndDevicesAreLookedFor) {
  Places places;
  places.programs = ":/nowhere:" + folder_.path();
  folder_.write("mkfs.ext4", "#!/bin/sh\n", 0755);
  EXPECT_EQ(cli::doctor::check_program("mkfs.ext4", "e2fsprogs", places).state, Finding::State::ok);
  auto missing = cli::doctor::check_program("mkfs.xfs", "xfsprogs", places);
  EXPECT_EQ(missing.state, Finding::State::problem);
  EXPECT_EQ(missing.cure, "apt install xfsprogs");
  places.loop_control = folder_.write("loop-control", "");
  EXPECT_EQ(cli::doctor::check_loop_devices(places).state, Finding::State::ok);
  places.loop_control = folder_.path("none");
  EXPECT_EQ(cli::doctor::check_loop_devices(places).cure, "modprobe loop");
}

TEST_F(DoctorOfTheMachine, TheCertificateMustBeThereAndGoodAndItsKeyAlone) {
  NodeSettings node;
  node.state = folder_.path();
  auto missing = cli::doctor::check_certificate(node);
  EXPECT_EQ(missing.state, Finding::State::problem);
  EXPECT_NE(missing.cure.find("polly node join"), std::string::npos);
  const http::Ca ca;
  auto certify = [&](const x509::Terms& terms) {
    const auto key = tls::ensure_key(node.tls()).value();
    const auto request = x509::make_request(key, terms.subject).value();
    EXPECT_TRUE(tls::keep(node.tls(), x509::sign(ca.certificate, ca.key, request, terms).value(), ca.certificate));
  };
  certify(http::terms("node1"));
  EXPECT_EQ(cli::doctor::check_certificate(node).state, Finding::State::ok);
  node.name = "node2";
  auto another = cli::doctor::check_certificate(node);
  EXPECT_EQ(another.state, Finding::State::problem);
  EXPECT_NE(another.text.find("'node1'"), std::string::npos) << another.text;
  node.name.clear();
  ::chmod((node.tls() + "/key.pem").c_str(), 0644);
  EXPECT_EQ(cli::doctor::check_certificate(node).cure, "chmod 600 that file");
  ::chmod((node.tls() + "/key.pem").c_str(), 0600);
  certify(http::terms("node1", std::chrono::hours(-2), std::chrono::hours(-1)));
  EXPECT_NE(cli::doctor::check_certificate(node).text.find("expired"), std::string::npos);
  node.coordinators = {"unix:///run/polly/coordinator.sock"};
  EXPECT_EQ(cli::doctor::check_certificate(node).state, Finding::State::ok) << "a socket needs none";
}

TEST_F(DoctorOfTheMachine, WhatThePluginCannotExplainIsAProblem) {
  NodeSettings node;
  node.run = folder_.path();
  EXPECT_EQ(cli::doctor::check_node_findings(node).state, Finding::State::ok);
  folder_.write("findings.json", R"({"at": "2026-01-01T00:00:00Z", "findings": []})");
  EXPECT_EQ(cli::doctor::check_node_findings(node).state, Finding::State::ok);
  folder_.write("findings.json", R"({"findings": [{"kind": "volume pg", "text": "process 7 still has it"}]})");
  auto found = cli::doctor::check_node_findings(node);
  EXPECT_EQ(found.state, Finding::State::problem);
  EXPECT_EQ(found.text, "process 7 still has it");
  folder_.write("findings.json", "{");
  EXPECT_EQ(cli::doctor::check_node_findings(node).state, Finding::State::skipped);
}

// A node with everything around it as doubles.
class DoctorOfANode : public ::testing::Test {
 protected:
  DoctorOfANode() {
    config_ = folder_.write(
        "config.yml", "node:\n  coordinators: [\"" + coordinator_.address() + "\"]\n  engine: " + engine_.address() +
                          "\n  guard_socket: " + guard_.socket() + "\n  plugin_socket: " + plugin_.socket() + "\n");
    coordinator_.answer("GET", "/v1/version",
                        Json::object().set("version", "0.1.0").set("api", "v1").set("cluster", "lab"));
    coordinator_.answer("GET", "/v1/volumes",
                        Json::object().set("volumes", Json::array().push(to_json(test::some_volume()))));
    engine_.answer("GET", "/version", Json::object().set("Version", "20.10.24").set("ApiVersion", "1.41"));
    set_local_volumes({"cache"});
    guard_.answer("GET", "/v1/session", Json::object().set("node", "node1").set("live", true));
    plugin_.answer("POST", "/Plugin.Activate", Json::object().set("Implements", Json::array().push("VolumeDriver")));
  }

  void set_local_volumes(const std::vector<std::string>& names) {
    Json list = Json::array();
    for (const auto& name : names) list.push(Json::object().set("Name", name).set("Driver", "local"));
    list.push(Json::object().set("Name", "notes").set("Driver", "polly"));
    engine_.answer("GET", "/volumes", Json::object().set("Volumes", list));
  }

  // Of the checks of this machine itself nothing is said here: the machine of a test may have its faults.
  Json examine() {
    auto outcome = test::run({"--config", config_, "doctor", "-o", "json"});
    auto json = Json::parse(outcome.out);
    EXPECT_TRUE(json) << outcome.out;
    EXPECT_EQ(outcome.code == 0, json && (*json)["ok"].as_bool());
    return json.value_or(Json());
  }
  static Json check(const Json& report, std::string_view name) {
    for (const auto& entry : report["checks"].as_array())
      if (entry["check"].as_string() == name) return entry;
    ADD_FAILURE() << "no check is called " << name;
    return {};
  }

  test::TemporaryFolder folder_;
  test::Double coordinator_{folder_.path("c.sock")}, engine_{folder_.path("e.sock")}, guard_{folder_.path("g.sock")},
      plugin_{folder_.path("p.sock")};
  std::string config_;
};

TEST_F(DoctorOfANode, FindsAHealthyOneHealthy) {
  auto report = examine();
  for (const char* name : {"configuration", "certificate", "coordinator", "coordinator's clock", "guard", "plugin",
                           "engine", "local volumes", "clock"})
    EXPECT_EQ(check(report, name)["state"].as_string(), "ok") << check(report, name).dump();
  EXPECT_EQ(check(report, "engine")["found"].as_string(), engine_.address() + " answers: version 20.10.24, API 1.41");
}

TEST_F(DoctorOfANode, NamesTheCureOfEachIllness) {
  guard_.answer("GET", "/v1/session", Json::object().set("node", "node1").set("live", false));
  plugin_.answer("POST", "/Plugin.Activate", Json::object().set("Implements", Json::array().push("authz")));
  engine_.answer("GET", "/version", http::Response::error({Code::internal, "dockerd is ill"}));
  coordinator_.answer("GET", "/v1/version", Json::object().set("version", "9.0").set("api", "v2"));
  auto report = examine();
  for (const char* name : {"guard", "plugin", "engine", "coordinator"}) {
    EXPECT_EQ(check(report, name)["state"].as_string(), "problem") << name;
    EXPECT_NE(check(report, name)["cure"].as_string(), "") << name;
  }
  EXPECT_FALSE(report["ok"].as_bool());
}

TEST_F(DoctorOfANode, ALocalVolumeUnderAPollyNameIsFound) {
  set_local_volumes({"cache", "notes"});
  auto found = check(examine(), "local volumes");
  EXPECT_EQ(found["state"].as_string(), "problem");
  EXPECT_EQ(found["found"].as_string(), "Docker has local volumes with the names of Polly's: notes");
  EXPECT_NE(found["cure"].as_string().find("docker volume rm notes"), std::string::npos);
}

TEST(Doctor, ClocksThatDifferAreFound) {
  constexpr int64_t now = 1'767'225'600'000;
  const std::string same = "Thu, 01 Jan 2026 00:00:00 GMT";
  EXPECT_EQ(cli::doctor::compare_clocks(same, now).state, Finding::State::ok);
  EXPECT_EQ(cli::doctor::compare_clocks(same, now + 4'000).state, Finding::State::ok);
  auto ahead = cli::doctor::compare_clocks(same, now - 61'000);
  EXPECT_EQ(ahead.state, Finding::State::problem);
  EXPECT_EQ(ahead.text, "this machine's and the coordinator's differ by 1m 1s");
  for (const char* date : {"", "yesterday", "Thu, 01 Jan 2026 00:00:00 GMT+1"})
    EXPECT_EQ(cli::doctor::compare_clocks(date, now).state, Finding::State::skipped) << date;
}

TEST_F(DoctorOfANode, WhoIsAwayIsAProblemAndWhatHangsOnItIsSkipped) {
  config_ = folder_.write("away.yml",
                          "node:\n  coordinators: [\"unix:///nowhere/c\"]\n  engine: unix:///nowhere/e\n"
                          "  guard_socket: /nowhere/g\n  plugin_socket: /nowhere/p\n");
  auto report = examine();
  for (const char* name : {"guard", "plugin", "engine", "coordinator"})
    EXPECT_EQ(check(report, name)["state"].as_string(), "problem") << name;
  for (const char* name : {"local volumes", "coordinator's clock"})
    EXPECT_EQ(check(report, name)["state"].as_string(), "skipped") << name;
}

TEST_F(DoctorOfANode, AManagedPluginHasItsSocketsElsewhere) {
  auto plugin = Json::object().set("Name", "acme/polly:latest").set("Enabled", true);
  engine_.answer("GET", "/plugins", Json::array().push(plugin));
  config_ = folder_.write("managed.yml", "node:\n  coordinators: [\"" + coordinator_.address() +
                                             "\"]\n  engine: " + engine_.address() +
                                             "\n  guard_socket: /nowhere/g\n  plugin_socket: /nowhere/p\n");
  auto report = examine();
  EXPECT_EQ(check(report, "plugin")["found"].as_string(), "the managed plugin acme/polly:latest is enabled");
  EXPECT_EQ(check(report, "guard")["state"].as_string(), "ok");
  engine_.answer("GET", "/plugins", Json::array().push(plugin.set("Enabled", false)));
  EXPECT_EQ(check(examine(), "plugin")["state"].as_string(), "problem");
}

TEST_F(DoctorOfANode, TheTableShowsEachCureBelowItsProblem) {
  set_local_volumes({"notes"});
  auto outcome = test::run({"--config", config_, "doctor"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(outcome.out.starts_with("CHECK                STATE")) << outcome.out;
  EXPECT_NE(outcome.out.find("cure: stop their containers"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("of 14 checks found a problem; its cure stands below each"), std::string::npos)
      << outcome.err;
}

TEST_F(DoctorOfANode, AMachineWithoutANodeSectionIsTold) {
  config_ = folder_.write("none.yml", "coordinator: {}\n");
  EXPECT_NE(check(examine(), "configuration")["found"].as_string().find("has no section 'node'"), std::string::npos);
}

}  // namespace
}  // namespace polly
