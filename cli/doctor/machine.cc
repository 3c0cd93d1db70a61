// Checks of the machine itself.
#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>

#include "base/clock.h"
#include "base/credentials.h"
#include "base/files.h"
#include "base/http.h"
#include "base/json.h"
#include "base/system.h"
#include "base/unique_fd.h"
#include "cli/doctor/finding.h"
#include "cli/print.h"

namespace polly::cli::doctor {
namespace {

struct MountEntry {
  std::string point;
  bool shared = false;
};

// mountinfo writes a space in a path as \040, and so on.
std::string unescaped(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      result += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool is_below(const std::string& path, const std::string& point) {
  if (point == "/") return true;
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

// "36 35 98:0 /root /point options shared:7 master:2 - ext4 /dev/sda1 ..": the mount that `path` is on. Of two on the
// same point the later covers the earlier.
MountEntry mount_of(const std::string& mountinfo, const std::string& path) {
  MountEntry best;
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string skip, point, tag;
    fields >> skip >> skip >> skip >> skip >> point >> skip;
    point = unescaped(point);
    if (point.size() < best.point.size() || !is_below(path, point)) continue;
    best = {point, false};
    while (fields >> tag && tag != "-") best.shared = best.shared || tag.starts_with("shared:");
  }
  return best;
}

}  // namespace

Places Places::of_this_machine() {
  Places places;
  const char* path = std::getenv("PATH");
  places.programs = std::string(path ? path : "") + ":/usr/local/sbin:/usr/sbin:/sbin";
  return places;
}

Finding check_propagation(const NodeSettings& node, const Places& places) {
  auto mountinfo = files::read(places.mountinfo);
  if (!mountinfo) return skipped(mountinfo.error().message);
  auto mount = mount_of(*mountinfo, node.mounts);
  if (mount.point.empty()) return skipped(fmt::format("no mount holds {}", node.mounts));
  if (mount.shared) return ok(fmt::format("{} is on {}, which is shared", node.mounts, mount.point));
  return problem(fmt::format("{} is on {}, which is not shared: containers would not see what is mounted there",
                             node.mounts, mount.point),
                 fmt::format("mount --make-rshared {}", mount.point));
}

Finding check_loop_devices(const Places& places) {
  UniqueFd control(::open(places.loop_control.c_str(), O_RDWR | O_CLOEXEC));
  if (control) return ok(places.loop_control + " can be opened");
  int error = errno;
  return problem(fmt::format("cannot open {}: {}", places.loop_control, errno_text(error)),
                 error == EACCES || error == EPERM ? "run polly doctor as root" : "modprobe loop");
}

Finding check_program(const std::string& name, const std::string& package, const Places& places) {
  std::istringstream folders(places.programs);
  for (std::string folder; std::getline(folders, folder, ':');) {
    auto path = folder + "/" + name;
    if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) return ok(path);
  }
  return problem(fmt::format("there is no {}: volumes with that filesystem cannot be made here", name),
                 "apt install " + package);
}

Finding check_clock() {
  auto now = system_clock().wall();
  // Before this program was written, or long after: records would sort wrongly and the trash be kept for ever.
  constexpr Millis first{1'735'689'600'000}, last{4'102'444'800'000};  // the years 2025 to 2100
  auto text = "it is " + time_text(now.count());
  if (now >= first && now < last) return ok(text);
  return problem(text, "set the clock, and let it be kept: timedatectl set-ntp true");
}

Finding check_certificate(const NodeSettings& node) {
  constexpr const char* cure =
      "polly node token on the coordinator's machine, then here: polly node join ADDRESS --token TOKEN";
  bool needed = false;
  for (const auto& address : node.coordinators) {
    auto endpoint = http::Endpoint::parse(address, 0, http::Https::always);
    needed = needed || !endpoint || !endpoint->is_unix();
  }
  if (!needed) return ok("none is needed: the coordinator is reached by its socket");
  auto held = tls::read_held(node.tls());
  if (!held) return problem(held.error().message, held.error().code == Code::refused ? "chmod 600 that file" : cure);
  const auto& certificate = held->certificate;
  if (auto good = x509::verify(held->identity.certificate, held->ca, x509::Use::client, system_clock().wall()); !good)
    return problem(good.error().message, cure);
  if (!node.name.empty() && node.name != certificate.common_name)
    return problem(fmt::format("{} holds the certificate of node '{}', and the configuration names this node '{}'",
                               node.tls(), certificate.common_name, node.name),
                   "correct node.name, or join anew: " + std::string(cure));
  return ok(fmt::format("{} holds that of node '{}', good until {}", node.tls(), certificate.common_name,
                        time_text(certificate.not_after.count())));
}

Finding check_node_findings(const NodeSettings& node) {
  const std::string file = node.run + "/findings.json";
  if (!files::exists(file)) return ok("the plugin has found nothing that it cannot explain");
  auto text = files::read(file);
  if (!text) return skipped(text.error().message);
  auto json = Json::parse(*text);
  if (!json) return skipped(fmt::format("cannot read '{}': {}", file, json.error().message));
  std::vector<std::string> texts;
  for (const auto& finding : (*json)["findings"].as_array()) texts.push_back(finding["text"].as_string());
  if (texts.empty()) return ok("the plugin has found nothing that it cannot explain");
  return problem(fmt::format("{}", fmt::join(texts, "; ")),
                 "see to what is named; the plugin goes on trying by itself");
}

}  // namespace polly::cli::doctor
