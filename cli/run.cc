// The tree of commands and their options. The one source that includes CLI11, which takes long to compile; what the
// commands do stands elsewhere.
#include "cli/run.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "base/result.h"
#include "cli/config_check.h"
#include "cli/context.h"
#include "cli/coordinator.h"
#include "cli/doctor/doctor.h"
#include "cli/explain/explain.h"
#include "cli/grants.h"
#include "cli/install/install.h"
#include "cli/join.h"
#include "cli/nodes.h"
#include "cli/pools.h"
#include "cli/print.h"
#include "cli/status.h"
#include "cli/volumes.h"
#include "core/model/version.h"

namespace polly::cli {
namespace {

class Commands {
 public:
  explicit Commands(const Terminal& terminal)
      : context_{terminal.out, terminal.err, terminal.colour}, app_("Persistent storage for Docker Swarm.", "polly") {
    app_.fallthrough();
    app_.footer("Example:\n  polly status\n\nEach command has a --help of its own, with an example.");
    app_.set_version_flag("--version", "polly " + std::string(version()));
    app_.add_option("--config", context_.config_file, "This machine's configuration")
        ->envname("POLLY_CONFIG")
        ->capture_default_str();
    app_.add_option("--coordinator", context_.coordinator, "The coordinator's address: HOST:PORT or unix:///PATH")
        ->envname("POLLY_COORDINATOR");
    app_.add_option("-o,--output", output_, "table for people, json for programs")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
    add_volume_commands();
    add_grant_commands();
    add_explain_commands();
    add_pool_and_node_commands();
    add_status_commands();
    add_machine_commands();
  }

  int run(const std::vector<std::string>& words) {
    try {
      // CLI11 takes them from the back.
      app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::Success&) {
      return show_help_or_version();
    } catch (const CLI::ExtrasError&) {
      return misused(fmt::format("'{}' is not expected here", unexpected()));
    } catch (const CLI::ParseError& e) {
      return misused(e.what());
    }
    if (!chosen_) return show_help_or_version();
    context_.json = output_ == "json";
    context_.config_named = app_.get_option("--config")->count() != 0 || std::getenv("POLLY_CONFIG") != nullptr;
    auto status = chosen_();
    context_.out.flush();
    if (!status) return failed(status.error());
    if (context_.out) return 0;
    return failed({Code::exhausted, "cannot write the answer: the output does not take it"});
  }

 private:
  using Action = std::function<Status()>;

  CLI::App* add(CLI::App* parent, const std::string& name, const std::string& what, const std::string& example) {
    auto* command = parent->add_subcommand(name, what);
    command->footer("Example:\n  " + example +
                    "\n\n--config, --coordinator and -o json may follow too: see polly --help");
    return command;
  }

  // Commands below it; alone it shows its help.
  CLI::App* add_group(const std::string& name, const std::string& what, const std::string& example) {
    return add(&app_, name, what, example);
  }

  // A command that has others below it acts where none of them was named: their callbacks come before its own.
  void act(CLI::App* command, Action action) {
    command->callback([this, command, action = std::move(action)] {
      if (command->get_subcommands().empty()) chosen_ = action;
    });
  }

  static CLI::Option* need(CLI::App* command, const std::string& name, std::string& value, const std::string& what) {
    return command->add_option(name, value, what)->required();
  }

  void add_volume_commands() {
    auto* group = add_group("volume", "Make, look at and remove volumes", "polly volume ls");
    auto* list = add(group, "ls", "List volumes", "polly volume ls -o json");
    list->add_flag("--trash", trash_, "Those in the trash instead");
    act(list, [this] { return list_volumes(context_, trash_); });

    auto* show = add(group, "show", "Tell all about a volume", "polly volume show pgdata");
    need(show, "NAME", name_, "The volume");
    act(show, [this] { return show_volume(context_, name_); });

    add_volume_create(group);

    auto* remove = add(group, "rm", "Move a volume to the trash, or destroy one that is there",
                       "polly volume rm pgdata\n  polly volume ls --trash\n  polly volume rm --purge "
                       "0a1b2c3d4e5f60718293a4b5c6d7e8f9");
    need(remove, "NAME", name_, "The volume; with --purge its id");
    remove->add_flag("--purge", purge_, "Destroy it and its data for good");
    act(remove, [this] { return purge_ ? purge_volume(context_, name_) : remove_volume(context_, name_); });

    auto* restore =
        add(group, "restore", "Bring a volume back from the trash", "polly volume restore pgdata --name pgdata-old");
    need(restore, "NAME", name_, "The volume: its name or its id");
    restore->add_option("--name", new_name_, "Its new name, where the old one is taken");
    act(restore, [this] { return restore_volume(context_, name_, new_name_); });

    auto* release = add(group, "release", "Take a volume from a node that does not answer",
                        "polly volume release pgdata\n  polly volume release pgdata --node node3 --force");
    need(release, "NAME", name_, "The volume");
    release->add_option("--node", node_, "The node that holds it, where several do");
    release->add_flag("--force", force_, "Do it: that machine is off, or nothing on it writes to the volume any more");
    act(release, [this] { return release_volume(context_, name_, node_, force_); });
  }

  void add_volume_create(CLI::App* group) {
    auto* create = add(group, "create", "Make a volume", "polly volume create pgdata --size 10G --class gold");
    need(create, "NAME", wishes_.name, "Its name");
    create->add_option("--size", wishes_.size, "Such as 512M or 10G");
    create->add_option("--class", wishes_.volume_class, "The policy it follows");
    create->add_option("--pool", wishes_.pool, "Where it is made");
    create->add_option("--fs", wishes_.filesystem, "Such as ext4 or xfs");
    create->add_option("--access", wishes_.access_mode,
                       "one-mount, one-node, one-writer-many-readers, many-readers or many-writers");
    create->add_option("--perm", wishes_.permissions, "Of its top directory, such as 0750");
    // (uid_t)-1 means nobody in particular to the system.
    const CLI::Range ids(int64_t{0}, int64_t{4'294'967'294}, "NUMBER");
    create->add_option("--uid", wishes_.uid, "Owner of its top directory")->check(ids);
    create->add_option("--gid", wishes_.gid, "Group of its top directory")->check(ids);
    act(create, [this] { return create_volume(context_, wishes_); });
  }

  void add_grant_commands() {
    auto* give = add(&app_, "grant", "Let a service use a volume",
                     "polly grant pgdata --to swarm/db\n  polly grant pgdata --to 'swarm/report-*' --ro --expires 30d");
    need(give, "VOLUME", grant_.volume, "The volume");
    need(give, "--to", grant_.to, "Who: swarm/SERVICE, a pattern, or swarm/-@NODE for containers outside services");
    give->add_flag("--ro", grant_.read_only, "For reading only");
    give->add_option("--expires", grant_.expires, "When it ends: 30d or 12h from now, or a day (UTC), 2027-01-31");
    give->add_flag("--pin", grant_.pin, "Only for the service that bears the name now, by its id");
    act(give, [this] { return grant(context_, grant_); });

    auto* take = add(&app_, "revoke", "Take a grant back", "polly revoke pgdata --from swarm/db");
    need(take, "VOLUME", name_, "The volume");
    need(take, "--from", service_, "Whose: as it was granted");
    act(take, [this] { return revoke(context_, name_, service_); });

    auto* list = add(&app_, "grants", "List who may use a volume", "polly grants pgdata");
    need(list, "VOLUME", name_, "The volume");
    act(list, [this] { return list_grants(context_, name_); });
  }

  void add_explain_commands() {
    auto* group =
        add_group("explain", "Tell why a mount would be, or was, refused: rule by rule", "polly explain 1a2b3c4d");
    group->add_option("ID", name_, "Of a refusal, as the engine's message names it");
    group->callback([this, group] {
      if (group->get_subcommands().empty() && !name_.empty())
        chosen_ = [this] { return explain_refusal(context_, name_); };
    });

    auto* mount = add(group, "mount", "May this service mount that volume there?",
                      "polly explain mount pgdata --service swarm/db --node node3");
    need(mount, "VOLUME", mount_question_.volume, "The volume");
    need(mount, "--service", mount_question_.service,
         "Who: swarm/SERVICE, or swarm/-@NODE for a container outside services");
    mount->add_option("--node", mount_question_.node, "Where; without it: whichever node the task goes to");
    mount->add_flag("--ro", mount_question_.read_only, "It only wants to read");
    act(mount, [this] { return explain_mount(context_, mount_question_); });

    auto* stack = add(group, "service", "Which mounts of a compose file would be refused?",
                      "polly explain service stack.yml --stack shop");
    need(stack, "FILE", stack_question_.file, "The compose file");
    stack->add_option("--stack", stack_question_.stack,
                      "The stack's name, which docker stack deploy puts before others");
    stack->add_option("--scheduler", stack_question_.scheduler, "Where it is to run")->capture_default_str();
    act(stack, [this] { return explain_stack(context_, stack_question_); });
  }

  void add_pool_and_node_commands() {
    auto* pool = add_group("pool", "Look at the pools that volumes are made in", "polly pool ls");
    act(add(pool, "ls", "List pools", "polly pool ls"), [this] { return list_pools(context_); });
    auto* show_one = add(pool, "show", "Tell all about a pool", "polly pool show fast");
    need(show_one, "NAME", name_, "The pool");
    act(show_one, [this] { return show_pool(context_, name_); });

    auto* node = add_group("node", "Look at the machines that have joined, and let others join", "polly node ls");
    act(add(node, "ls", "List nodes", "polly node ls"), [this] { return list_nodes(context_); });
    show_one = add(node, "show", "Tell all about a node", "polly node show node1");
    need(show_one, "NAME", name_, "The node");
    act(show_one, [this] { return show_node(context_, name_); });
    add_join_commands(node);
  }

  void add_join_commands(CLI::App* node) {
    auto* token = add(node, "token", "Make a token by which a node can join",
                      "polly node token\n  polly node token --node node3 --ttl 1h\n  polly node token --uses 20");
    token->add_option("--ttl", token_.ttl, "How long it counts: 30m, 24h, 7d")->capture_default_str();
    token->add_option("--node", token_.node, "The one node that it lets in");
    token->add_option("--uses", token_.uses, "How many nodes it lets in")->capture_default_str();
    act(token, [this] { return make_token(context_, token_); });
    act(add(token, "ls", "List the tokens that were made", "polly node token ls"),
        [this] { return list_tokens(context_); });
    auto* take = add(token, "revoke", "Let nobody join by a token any more", "polly node token revoke 0a1b2c3d4e5f");
    need(take, "ID", name_, "The token: as it is listed");
    act(take, [this] { return revoke_token(context_, name_); });

    auto* enter =
        add(node, "join", "Make this machine a node of a cluster", "polly node join 10.0.0.1:7979 --token POLLY-1-...");
    need(enter, "ADDRESS", join_.address, "The coordinator's: HOST:PORT");
    need(enter, "--token", join_.token, "From polly node token on the coordinator's machine")
        ->envname("POLLY_JOIN_TOKEN");
    enter->add_option("--name", join_.name, "The node's name, where the configuration names none");
    act(enter, [this] { return cli::join(context_, join_); });

    auto* revoke = add(node, "revoke", "Take a node's certificate back", "polly node revoke node3");
    need(revoke, "NAME", name_, "The node");
    act(revoke, [this] { return revoke_node(context_, name_); });
  }

  void add_status_commands() {
    act(add(&app_, "status", "Tell how the cluster is", "polly status"), [this] { return show_status(context_); });

    auto* event = add_group("event", "Look at what happened", "polly event ls");
    auto* list = add(event, "ls", "List what happened", "polly event ls --volume pgdata --limit 20");
    list->add_option("--volume", name_, "To one volume only");
    list->add_option("--limit", limit_, "How many, at most")->check(CLI::Range(1, 1000))->capture_default_str();
    act(list, [this] { return list_events(context_, name_, limit_); });

    act(add(&app_, "version", "Tell this command's version and the coordinator's", "polly version"),
        [this] { return show_version(context_); });
  }

  void add_machine_commands() {
    auto* coordinator =
        add(&app_, "coordinator", "Run the coordinator", "polly coordinator --config /etc/polly/config.yml");
    act(coordinator, [this] { return run_coordinator(context_); });
    act(add(coordinator, "init", "Make the cluster's CA, as the first start would, and tell its fingerprint",
            "polly coordinator init"),
        [this] { return init_coordinator(context_); });
    act(add(&app_, "doctor", "Look for what is wrong with this node, and tell the cure", "polly doctor"),
        [this] { return examine(context_); });

    auto* config = add_group("config", "Look at a configuration", "polly config check");
    auto* check = add(config, "check", "Tell what is wrong with a configuration, with line and key",
                      "polly config check ./config.yml");
    check->add_option("FILE", name_, "Instead of this machine's");
    act(check, [this] { return check_config(context_, name_.empty() ? context_.config_file : name_); });

    auto* setup = add(&app_, "install", "Put programs, systemd units and a configuration in place",
                      "polly install --role coordinator\n  polly install --role node --coordinator 10.0.0.1:7979");
    setup->add_option("--role", install_.role, "What this machine is: coordinator, node or both")
        ->capture_default_str();
    setup->add_option("--root", install_.root, "Put before every path; for images and tests");
    setup->add_option("--programs", install_.programs, "Where the programs stand, or are put");
    setup->add_flag("--print", install_.print, "Show the units and change nothing");
    act(setup, [this] { return install(context_, install_); });
  }

  // The command as far as it was understood: "polly volume create".
  std::string path() const {
    std::string words = "polly";
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().back();
      words += " " + app->get_name();
    }
    return words;
  }

  // The first word that no command and no option took.
  std::string unexpected() const {
    for (const CLI::App* app = &app_;; app = app->get_subcommands().back()) {
      if (auto words = app->remaining(); !words.empty()) return words.front();
      if (app->get_subcommands().empty()) return "";
    }
  }

  int show_help_or_version() {
    bool wants_version = app_.get_version_ptr()->count() != 0;
    context_.out << (wants_version ? "polly " + std::string(version()) : app_.help()) << "\n";
    return 0;
  }

  int misused(const std::string& what) {
    return failed({Code::invalid, fmt::format("cannot run '{}': {}; see {} --help", path(), what, path())});
  }

  int failed(const Error& error) {
    context_.notes << "polly: " << printable(error.message) << "\n";
    return exit_code(error.code);
  }

  Context context_;
  CLI::App app_;
  Action chosen_;
  // What the options set; each run takes one command.
  std::string output_ = "table";
  std::string name_, new_name_, service_, node_;
  bool trash_ = false, purge_ = false, force_ = false;
  int limit_ = 100;
  CreateWishes wishes_;
  GrantWishes grant_;
  MountQuestion mount_question_;
  StackQuestion stack_question_;
  InstallWishes install_;
  TokenOptions token_;
  JoinOptions join_;
};

}  // namespace

int run(const std::vector<std::string>& words, const Terminal& terminal) {
  return Commands(terminal).run(words);
}

}  // namespace polly::cli
