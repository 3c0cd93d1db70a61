# shellcheck shell=bash
# Polly in a lab that is up: coordinator on node 1, guard and plugin on every node. Source it after ui.sh.
#
#   polly_up N [JOIN]       configure and start Polly on nodes 1 to N, until volumes of it can be used on each; the function
#                           JOIN, called with N, lets the nodes join instead of polly_join
#   polly_on N CMD...       run CMD inside a node, with polly in its PATH
#   polly_write_config N    /etc/polly/config.yml of a node
#   polly_start N           what belongs on node N, after it was started or rebooted: on node 1 the coordinator, whose socket
#                           is waited for, then guard and plugin; a node that has not joined yet joins
#   polly_join N            let node N join, with a token made for it alone
#   polly_stop N            end it again: plugin, guard, and on node 1 the coordinator
#   polly_await SECONDS CMD...  call CMD until it succeeds
#   polly_ready N           all N nodes have joined and the swarm can be asked
#
#   POLLY_BIN               where polly, polly-node and polly-guard are (default: build/release/bin)
#   POLLY_DEFAULT_ACCESS    who may use a volume without a grant: closed (default) or open
#   POLLY_SESSION_TTL, POLLY_NODE_LOG   as in the configuration (12s, info)
#
# Pools: `fast` (loop) and `files` (directory), on the storage that the nodes share. Class `open` needs no grants.
# Names of the daemons, for scripts/lab run, stop, logs and pid: coordinator, guard, plugin.
POLLY_ROOT=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.." && pwd)
POLLY_BIN=${POLLY_BIN:-$POLLY_ROOT/build/release/bin}
POLLY_COORDINATOR_PORT=7979

polly_lab() { "$POLLY_ROOT/scripts/lab" "$@"; }
polly_on() {
  local n=$1
  shift
  polly_lab exec "$n" env PATH="$POLLY_BIN:$PATH" "$@"
}
polly_lab_dir() { echo "${POLLY_LAB:-/tmp/polly-lab}"; }
polly_address() { echo "${POLLY_LAB_NET:-172.31.77}.$((10 + $1))"; }

polly_await() {
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

polly_need_programs() {
  local program
  for program in polly polly-node polly-guard; do
    [[ -x $POLLY_BIN/$program ]] ||
      die "cannot start Polly: '$POLLY_BIN/$program' is not there; build it with scripts/hello, or name the directory in POLLY_BIN"
  done
}

polly_coordinator_config() {
  cat <<CONFIG
coordinator:
  listen: $(polly_address 1):$POLLY_COORDINATOR_PORT
  default_access: ${POLLY_DEFAULT_ACCESS:-closed}
  session_ttl: ${POLLY_SESSION_TTL:-12s}
  pools:
    fast:
      driver: loop
      path: /var/lib/polly-shared/loop
    files:
      driver: directory
      path: /var/lib/polly-shared/files
  classes:
    open:
      access: open
  schedulers:
    swarm:
      driver: docker
      managers: ["unix:///run/docker.sock"]
CONFIG
}
polly_node_config() {
  cat <<CONFIG
node:
  name: node$1
  coordinators: ["$(polly_address 1):$POLLY_COORDINATOR_PORT"]
  log_level: ${POLLY_NODE_LOG:-info}
CONFIG
}
polly_write_config() {
  local n=$1
  { if ((n == 1)); then polly_coordinator_config; fi && polly_node_config "$n"; } |
    polly_lab exec "$n" sh -c 'cat >/etc/polly/config.yml'
  polly_lab exec "$n" mkdir -p /var/lib/polly-shared/loop /var/lib/polly-shared/files
}

# A node's certificate is its own: on the machine's disk, through any reboot.
polly_has_joined() { polly_lab exec "$1" test -e /var/lib/polly/node/tls/certificate.pem; }
polly_join() {
  local token
  token=$(polly_on 1 polly node token --node "node$1" --ttl 10m 2>/dev/null) || return 1
  polly_on "$1" polly node join "$(polly_address 1):$POLLY_COORDINATOR_PORT" --token "$token"
}

polly_coordinator_answers() { polly_on 1 polly status >/dev/null 2>&1; }
polly_start_coordinator() {
  polly_lab run 1 coordinator "$POLLY_BIN/polly" coordinator
  polly_await 15 polly_coordinator_answers
}
polly_start_node() {
  polly_lab run "$1" guard "$POLLY_BIN/polly-guard"
  polly_lab run "$1" plugin "$POLLY_BIN/polly-node"
}
polly_start() {
  if (($1 == 1)); then polly_start_coordinator; fi
  polly_has_joined "$1" || polly_join "$1"
  polly_start_node "$1"
}
polly_stop() {
  polly_lab stop "$1" plugin
  polly_lab stop "$1" guard
  if (($1 == 1)); then polly_lab stop 1 coordinator; fi
}

# The nodes that have joined, live and bound to their node of the swarm.
polly_joined() {
  polly_on 1 polly node ls -o json 2>/dev/null | jq -r '.nodes[] | select(.live and .swarm_node_id != "") | .name'
}
polly_ready() {
  [[ $(polly_joined | wc -l) == "$1" ]] &&
    polly_on 1 polly status -o json 2>/dev/null | jq -e '[.schedulers[].reachable] | all' >/dev/null
}

# An engine looks for plugins when it is asked for volumes, and tells the managers what it found every 20 seconds;
# until then Swarm sends no task with a volume of Polly's there.
polly_known_to_engine() { polly_on "$1" docker volume ls >/dev/null && polly_on "$1" docker info -f '{{.Plugins.Volume}}' | grep -qw polly; }
polly_known_to_swarm() {
  local n
  for ((n = 1; n <= $1; n++)); do
    polly_on 1 docker node inspect "node$n" -f '{{range .Description.Engine.Plugins}}{{println .Type .Name}}{{end}}' | grep -qx 'Volume polly' || return 1
  done
}

polly_configure() {
  local n
  for ((n = 1; n <= $1; n++)); do polly_write_config "$n"; done
  polly_on 1 polly config check
}
polly_join_all() {
  local n
  for ((n = 1; n <= $1; n++)); do ui_step "let node$n join" "$(polly_lab_dir)/polly.log" polly_join "$n"; done
}
polly_start_nodes() {
  local n
  for ((n = 1; n <= $1; n++)); do polly_start_node "$n"; done
  polly_await 30 polly_ready "$1" || { polly_on 1 polly status; polly_on 1 polly node ls; polly_logs "$1"; return 1; }
}
polly_make_known() {
  local n
  for ((n = 1; n <= $1; n++)); do polly_await 10 polly_known_to_engine "$n"; done
  polly_await 60 polly_known_to_swarm "$1" || { polly_on 1 docker node inspect self; return 1; }
}
# The end of what the daemons said, for the log of a step that failed.
polly_logs() {
  local n name
  for ((n = 1; n <= $1; n++)); do
    for name in coordinator guard plugin; do
      echo "-- node$n $name" && polly_lab logs "$n" "$name" 2>/dev/null | tail -n 15 || true
    done
  done
}

polly_up() {
  local log
  log=$(polly_lab_dir)/polly.log
  polly_need_programs
  UI_TRY="read the daemons' logs: scripts/lab logs 1 coordinator, scripts/lab logs 1 plugin, scripts/lab logs 1 guard"
  ui_step "write Polly's configuration on $1 nodes" "$log" polly_configure "$1"
  ui_step "start the coordinator on node1" "$log" polly_start_coordinator
  "${2:-polly_join_all}" "$1"
  ui_step "start guard and plugin on each node" "$log" polly_start_nodes "$1"
  ui_step "wait until the swarm knows the plugin on each node" "$log" polly_make_known "$1"
}
