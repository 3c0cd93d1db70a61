#include "cli/explain/compose.h"

#include <gtest/gtest.h>

namespace polly::cli {
namespace {

std::string told(const std::vector<StackMount>& mounts) {
  std::string text;
  for (const auto& m : mounts)
    text += fmt::format("{}: {} at {}{}{}{} {}\n", m.service, m.volume, m.target, m.read_only ? " ro" : "",
                        m.external ? " external" : "", m.volume_class.empty() ? "" : " " + m.volume_class, m.driver);
  return text;
}

std::string read(const std::string& text, const std::string& stack = "shop") {
  auto mounts = mounts_in_compose(text, stack);
  return mounts ? told(*mounts) : mounts.error().message;
}

constexpr const char* shop = R"(version: "3.8"
services:
  db:
    image: postgres
    volumes:
      - data:/var/lib/postgresql
      - type: volume
        source: logs
        target: /logs
        read_only: true
        volume: {nocopy: true}
      - type: bind
        source: /etc/hosts
        target: /hosts
      - type: tmpfs
        target: /tmp
  web:
    image: nginx
    volumes:
      - data:/data:ro,z
      - old:/old
      - older:/older
      - named:/named
      - ./here:/here
      - ~/home:/home
      - /anonymous
      - anonymous
volumes:
  data: {driver: polly, driver_opts: {class: gold, size: 10G}}
  logs:
  old: {external: true}
  older: {external: {name: ancient}}
  named: {name: its-own, driver: "polly:latest"}
networks: {front: {}}
x-anything: 1
)";

TEST(Compose, MountsAreNamedAsTheStackDeploysThem) {
  EXPECT_EQ(read(shop),
            "shop_db: shop_data at /var/lib/postgresql gold polly\n"
            "shop_db: shop_logs at /logs ro \n"
            "shop_web: shop_data at /data ro gold polly\n"
            "shop_web: old at /old external \n"
            "shop_web: ancient at /older external \n"
            "shop_web: its-own at /named polly:latest\n");
}

TEST(Compose, WithoutAStackNamesStandAsTheyAre) {
  EXPECT_TRUE(read(shop, "").starts_with("db: data at /var/lib/postgresql gold polly\ndb: logs at")) << read(shop, "");
}

TEST(Compose, AStackWithoutVolumesMountsNone) {
  EXPECT_EQ(read("services: {web: {image: nginx}}"), "");
}

TEST(Compose, WhatIsWrongIsToldWithItsLine) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "line 1: services: expected the services of a stack"},
      {"- a\n", "line 1: services: expected the services of a stack"},
      {"version: '3'\nservices: [db]\n", "line 2: services: expected the services of a stack"},
      {"services:\n  db: yes please\n", "line 2: services.db: expected a map, found a string"},
      {"services:\n  db:\n    volumes: data:/x\n", "line 3: services.db.volumes: expected a list, found a string"},
      {"services:\n  db:\n    volumes:\n      - data:/x\n",
       "line 4: services.db.volumes[0]: volume 'data' does not stand under the file's 'volumes'"},
      {"services:\n  db:\n    volumes:\n      - 7\n",
       "line 4: services.db.volumes[0]: expected VOLUME:/PATH or a map, found an integer"},
      {"services:\n  db:\n    volumes: [\"data:\"]\nvolumes: {data: }\n",
       "line 3: services.db.volumes[0]: 'data:' is no mount; write VOLUME:/PATH"},
      {"services:\n  db:\n    volumes:\n      - source: data\n        target: /x\nvolumes: {data: }\n",
       "line 4: services.db.volumes[0]: 'type' is missing; write volume, bind or tmpfs"},
      {"services:\n  db:\n    volumes:\n      - {type: volume, source: data}\nvolumes: {data: }\n",
       "line 4: services.db.volumes[0]: 'target' is missing or no text"},
      {"services: {}\nvolumes: 7\n", "line 2: volumes: expected a map of volumes, found an integer"},
      {"services: {}\nvolumes:\n  data: polly\n", "line 3: volumes.data: expected a map, found a string"},
      {"services: {}\nvolumes:\n  data: {driver: [polly]}\n", "line 3: "},
      {"services:\n  db:\n    volumes: [\"data-${TAG}:/x\"]\n",
       "line 3: services.db.volumes[0]: 'data-${TAG}' is not expanded here"},
      {"services:\n  db: {\n", "line "},
      {"services: {}\nx-base: &base {}\n", "line 2: anchors and aliases are not supported"},
  };
  for (const auto& [text, message] : cases) EXPECT_TRUE(read(text).starts_with(message)) << text << read(text);
}

}  // namespace
}  // namespace polly::cli
