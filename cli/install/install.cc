#include "cli/install/install.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <optional>

#include "base/exec.h"
#include "base/files.h"
#include "base/system.h"
#include "cli/install/packaged_files.h"
#include "cli/print.h"

namespace polly::cli {
namespace {

constexpr const char* units = "/etc/systemd/system/";
constexpr const char* config = "/etc/polly/config.yml";
constexpr std::string_view packaged_bin = "/usr/local/bin/";

struct Role {
  bool coordinator = false;
  bool node = false;
};

Result<Role> parse_role(const std::string& text) {
  if (text == "both") return Role{true, true};
  if (text == "coordinator") return Role{true, false};
  if (text == "node") return Role{false, true};
  return fail(Code::invalid, "'{}' is no role; use coordinator, node or both", text);
}

std::string_view packaged(std::string_view name) {
  for (const auto& [known, content] : packaged_files())
    if (known == name) return content;
  return "";
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

Result<std::string> own_folder() {
  std::array<char, PATH_MAX> path{};
  auto length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return fail(Code::internal, "cannot tell where polly itself stands: {}", errno_text(errno));
  return folder_of(std::string(path.data(), static_cast<size_t>(length)));
}

class Installer {
 public:
  Installer(const Context& context, const InstallWishes& wishes, Role role, std::string programs)
      : context_(context), wishes_(wishes), role_(role), programs_(std::move(programs)) {}

  void print_units() const {
    for (const auto& name : unit_names()) context_.out << "# " << units << name << "\n" << unit(name) << "\n";
  }

  Status put_everything(const std::string& from) {
    if (from != programs_)
      for (const auto& name : program_names()) TRY_STATUS(put_program(from, name));
    for (const auto& name : unit_names()) TRY_STATUS(put(units + name, unit(name), 0644));
    TRY_STATUS(put_once(config, configuration(), 0644));
    return {};
  }

  // What is left to do, as commands and sentences.
  std::vector<std::string> next_steps() const {
    std::vector<std::string> steps = {fmt::format("edit {}, then: polly config check", config)};
    if (has_systemd()) {
      std::string names;
      for (const auto& name : unit_names()) names.append(" ").append(name.substr(0, name.find('.')));
      steps.push_back("systemctl enable --now" + names);
    } else {
      steps.push_back("no systemd runs here; start by hand, and again after each boot, before Docker:");
      if (role_.coordinator) steps.push_back(fmt::format("{}polly coordinator --config {} &", programs_, config));
      if (role_.node) {
        steps.push_back(fmt::format("{}polly-guard --config {} &", programs_, config));
        steps.push_back(fmt::format("{}polly-node --config {} &", programs_, config));
      }
    }
    if (role_.node) steps.push_back(join_step());
    return steps;
  }

  bool has_systemd() const { return wishes_.root.empty() && files::exists("/run/systemd/system"); }
  const std::vector<std::pair<std::string, std::string>>& done() const { return done_; }

 private:
  std::string join_step() const {
    const auto& address = context_.coordinator;
    if (role_.coordinator && address.empty())
      return "let this machine join, once: polly node join 127.0.0.1:7979 --token \"$(polly node token)\"";
    return fmt::format(
        "let this machine join, once: polly node join {} --token TOKEN, with a token that `polly node "
        "token` makes on the coordinator's machine",
        address.empty() ? "ADDRESS" : address);
  }

  std::vector<std::string> unit_names() const {
    std::vector<std::string> names;
    if (role_.coordinator) names.push_back("polly-coordinator.service");
    if (role_.node) names.insert(names.end(), {"polly-guard.service", "polly-node.service"});
    return names;
  }

  std::vector<std::string> program_names() const {
    std::vector<std::string> names = {"polly"};
    if (role_.node) names.insert(names.end(), {"polly-guard", "polly-node"});
    return names;
  }

  std::string unit(const std::string& name) const {
    std::string text(packaged("systemd/" + name));
    auto at = text.find(packaged_bin);
    if (at != std::string::npos) text.replace(at, packaged_bin.size(), programs_);
    return text;
  }

  // The sample, without the section of the role that this machine has not, and with the coordinator's address where
  // one was named.
  std::string configuration() const {
    std::string text(packaged("config.yml"));
    auto coordinator = text.find("# == coordinator"), node = text.find("# == node");
    if (!role_.node) text.erase(node);
    if (!role_.coordinator) text.erase(coordinator, node - coordinator);
    constexpr std::string_view local = R"(coordinators: ["127.0.0.1:7979"])";
    auto at = text.find(local);
    if (!context_.coordinator.empty() && at != std::string::npos)
      text.replace(at, local.size(), fmt::format("coordinators: [{}]", Json(context_.coordinator).dump()));
    return text;
  }

  Status put_program(const std::string& from, const std::string& name) {
    constexpr size_t largest = 1UL << 30;
    auto content = files::read(from + name, largest);
    if (!content)
      return fail(content.error().code, "cannot install {}: {}; build it, it stands beside polly", name,
                  content.error().message);
    return put(programs_ + name, *content, 0755);
  }

  Status put(const std::string& path, const std::string& content, mode_t mode) {
    constexpr size_t largest = 1UL << 30;
    auto place = wishes_.root + path;
    auto before = files::exists(place) ? files::read(place, largest) : Result<std::string>(fail(Code::not_found, ""));
    if (before && *before == content) return note(path, "is in place");
    TRY_STATUS(files::make_directories(folder_of(place)));
    TRY_STATUS(files::write_atomically(place, content, mode));
    return note(path, before ? "was replaced" : "was written");
  }

  Status put_once(const std::string& path, const std::string& content, mode_t mode) {
    return files::exists(wishes_.root + path) ? note(path, "was there and stays") : put(path, content, mode);
  }

  Status note(const std::string& path, std::string what) {
    done_.emplace_back(wishes_.root + path, std::move(what));
    return {};
  }

  const Context& context_;
  const InstallWishes& wishes_;
  Role role_;
  std::string programs_;
  std::vector<std::pair<std::string, std::string>> done_;
};

// Programs in a build tree must not become a machine's service: they are copied to where they stay.
std::string programs_folder(const InstallWishes& wishes, const std::string& own) {
  if (!wishes.programs.empty()) return wishes.programs.ends_with('/') ? wishes.programs : wishes.programs + "/";
  return own.starts_with("/usr/") || own.starts_with("/opt/") ? own : std::string(packaged_bin);
}

void print_done(const Context& context, const Installer& installer) {
  if (context.json) {
    Json list = Json::array(), next = Json::array();
    for (const auto& [path, what] : installer.done()) list.push(Json::object().set("path", path).set("what", what));
    for (const auto& step : installer.next_steps()) next.push(step);
    print_json(context, Json::object().set("files", list).set("next", next));
    return;
  }
  for (const auto& [path, what] : installer.done()) say(context, path + " " + what);
  say(context, "next:");
  for (const auto& step : installer.next_steps()) say(context, "  " + step);
}

}  // namespace

Status install(const Context& context, const InstallWishes& wishes) {
  TRY(role, parse_role(wishes.role));
  TRY(own, own_folder());
  Installer installer(context, wishes, role, programs_folder(wishes, own));
  if (wishes.print) {
    installer.print_units();
    return {};
  }
  TRY_STATUS(installer.put_everything(own));
  if (installer.has_systemd()) TRY_STATUS(run_ok({"systemctl", "daemon-reload"}, std::chrono::seconds(30)));
  print_done(context, installer);
  return {};
}

}  // namespace polly::cli
