# shellcheck shell=bash
# Polly inside node 1: its configuration, its processes, and what the coordinator knows.
API=/run/polly/coordinator.sock

polly_config() {
  local access driver
  cat <<YAML
coordinator:
  default_access: $ACCESS
  default_size: 16M
  pools:
    directory:
      driver: directory
      path: /var/lib/polly/pools/directory
    loop:
      driver: loop
      path: /var/lib/polly/pools/loop
      capacity: 20G
      provisioning: thin
    narrow:
      driver: loop
      path: /var/lib/polly/pools/narrow
      capacity: 64M
    tiny-directory:
      driver: directory
      path: /var/lib/polly/pools/tiny
    tiny-loop:
      driver: loop
      path: /var/lib/polly/pools/tiny
  classes:
YAML
  for driver in directory loop; do
    for access in open closed; do
      printf '    %s-%s:\n      pools: [%s]\n      access: %s\n' "$driver" "$access" "$driver" "$access"
    done
  done
  printf '    little:\n      pools: [loop]\n      max_size: 32M\n'
  for driver in directory loop; do
    printf '    tiny-%s:\n      pools: [tiny-%s]\n      access: %s\n' "$driver" "$driver" "$ACCESS"
  done
  printf '  schedulers:\n    swarm:\n      driver: docker\n      managers: ["unix:///run/docker.sock"]\n'
  printf 'node:\n  name: %s\n  coordinators: ["127.0.0.1:7979"]\n' "$NODE"
}

polly_up() {
  [[ ! -e $NODE_DIR/etc-polly/config.yml ]] || fail "the lab was used before: run 'scripts/lab down' and 'up 1' again"
  mkdir -p "$NODE_DIR"/var-lib-polly/pools/{directory,loop,narrow,tiny}
  polly_config >"$NODE_DIR/etc-polly/config.yml"
  polly config check
  coordinator_start
  plugin_up
  soon 30 node_is_bound
  docker volume ls -q # an engine looks for its plugins when somebody asks
}
node_is_bound() { [[ $(polly node show "$NODE" -o json | jq -r .swarm_node_id) ]]; }

coordinator_start() {
  if alive coordinator; then return 0; fi
  lab run 1 coordinator "$BIN/polly" coordinator --config /etc/polly/config.yml
  soon 15 api /v1/status
}
coordinator_stop() { lab stop 1 coordinator "${1:-TERM}"; }
api() { in_node curl -sS -f -m 20 --unix-socket "$API" "http://polly$1"; }

# -- the plugin: as two processes, or as one that the engine manages ------------------------------------------------
plugin_socket() {
  if [[ $MODE == legacy ]]; then
    echo /run/docker/plugins/polly.sock
  else
    (cd "/proc/$HOLDER/root" && find run/docker/plugins -mindepth 2 -name polly.sock -printf '/%p\n')
  fi
}

plugin_up() {
  if [[ $MODE == managed ]]; then
    managed_install
    return
  fi
  polly node join 127.0.0.1:7979 --token "$(join_token)"
  guard_start
  plugin_start
}
join_token() { polly node token --node "$NODE" --ttl 10m 2>/dev/null; }
guard_start() {
  if alive guard; then return 0; fi
  lab run 1 guard "$BIN/polly-guard" --config /etc/polly/config.yml
}
plugin_start() {
  if alive plugin; then return 0; fi
  lab run 1 plugin "$BIN/polly-node" --config /etc/polly/config.yml
  soon 15 plugin_answers
}
# A call of the volume plugin protocol: ask Get '{"Name":"v"}'
ask() {
  in_node curl -sS -m 30 --unix-socket "$(plugin_socket)" -X POST --data-binary "${2:-}" "http://polly/VolumeDriver.$1"
}
plugin_answers() { ask List '{}' | grep -q Volumes; }

managed_install() {
  "$ROOT/scripts/plugin-rootfs" -b "$BIN" "$POLLY_LAB/plugin"
  docker plugin create polly "$POLLY_LAB/plugin"
  rm -rf "$POLLY_LAB/plugin"
  docker plugin set polly "POLLY_JOIN_TOKEN=$(join_token)" "POLLY_NODE=$NODE"
  docker plugin enable polly
}
managed_disable() {
  docker plugin disable -f polly
  soon 10 managed_mounts_are_gone
}
managed_mounts_are_gone() { ! grep -q '/propagated-mount ' "/proc/$HOLDER/mountinfo"; }

# The engine's own race, docs/decisions/0010: when dockerd was killed it may clear away the propagated mount of the plugin
# that it has just started. The cure is the operator's: enable it anew, and start the containers that could not start.
managed_mend() {
  local ids
  soon 20 plugin_answers
  sleep 1
  if ! managed_mounts_are_gone; then return 0; fi
  echo 'dockerd has cleared away the mounts of the plugin that it had just started: enabled anew'
  ids=$(docker ps -aq)
  managed_disable
  docker plugin enable polly
  soon 20 plugin_answers
  # shellcheck disable=SC2086
  if [[ $ids ]]; then docker restart -t 2 $ids; fi
}
# The plugin's first process, by its number on the machine.
managed_pid() { process_of polly-guard; }
process_of() { lab pids 1 2>/dev/null | awk -v name="$1" '$2 == name { print $1 }' || true; }

# What the plugin's death is, in either form.
plugin_kill() {
  if [[ $MODE == legacy ]]; then
    lab stop 1 plugin KILL
    plugin_start
    return
  fi
  local pid
  soon 5 another_guard_than none
  pid=$(managed_pid)
  kill -9 "$pid"
  soon 20 another_guard_than "$pid"
  soon 20 plugin_answers
}
another_guard_than() { [[ $(managed_pid) && $(managed_pid) != "$1" ]]; }

# Whatever of Polly does not run is started.
polly_start() {
  coordinator_start
  if [[ $MODE == legacy ]]; then
    guard_start
    plugin_start
  else
    soon 20 plugin_answers
  fi
}

# -- what the coordinator knows -----------------------------------------------------------------------------------
volume() { polly volume show "$1" -o json | jq -r "$2"; }
volumes() { polly volume ls -o json | jq -r '.volumes[].name'; }
attachments() { api /v1/attachments | jq -r '.attachments[] | "\(.volume) on \(.node): \(.mounts | length) mounts"'; }
# Swarm sends no task with a volume of Polly's to a node before that has told of the plugin: every 20 seconds it does.
known_to_swarm() { contains "$(docker node inspect self -f '{{json .Description.Engine.Plugins}}')" '"polly'; }
mounts_of() { volume "$1" '[.attachments[].mounts[]] | length'; }
mount_count_is() { equal "$(mounts_of "$1")" "$2"; }

# make NAME [-o KEY=VALUE ..]: a volume of the driver and the access that the suite is about.
make() {
  local name=$1
  shift
  docker volume create -d polly -o "class=$DRIVER-$ACCESS" "$@" "$name"
}

# -- after each case ----------------------------------------------------------------------------------------------
put_right() {
  local ids
  if ! alive dockerd; then engine_start; fi
  if alive nonsense; then lab stop 1 nonsense KILL; fi
  polly_start
  ids=$(docker service ls -q 2>/dev/null || true) # without a swarm there are none
  # shellcheck disable=SC2086
  if [[ $ids ]]; then docker service rm $ids; fi
  soon 30 no_containers
  soon 30 nothing_left
}
no_containers() {
  local ids
  ids=$(docker ps -aq)
  [[ $ids ]] || return 0
  # shellcheck disable=SC2086
  docker rm -f -v $ids
  return 1
}

# Nothing of Polly is mounted, no loop device, no journal, no attachment on the coordinator.
nothing_left() {
  empty "$(polly_mounts)"
  empty "$(polly_loops)"
  empty "$(journal_entries)"
  empty "$(attachments)"
}
