# shellcheck shell=bash
# A node: a network, mount, UTS and cgroup namespace, kept alive by a process that only sleeps, the holder.

# The switch that joins the nodes lives in a network namespace of its own: in the host's, the firewall rules of any
# engine there would eat the frames between nodes, and we would have to touch it.
switch_up() {
  cgroup_make switch
  start_detached "$LAB/lab.log" sleeper "$LAB/switch.ready" switch -n
  pid_write "$LAB/switch.pid" "$STARTED"
  wait_until 5 test -e "$LAB/switch.ready"
  in_switch ip link set lo up
  in_switch ip link add lab0 type bridge
  in_switch ip addr add "$NET.1/24" dev lab0
  in_switch ip link set lab0 up
}
in_switch() {
  local pid
  pid=$(switch_pid) || die "cannot reach the lab's network: its switch has gone; run 'scripts/lab down' and 'up' again"
  nsenter -t "$pid" -n -- timeout 10 "$@"
}

# Becomes the process that holds new namespaces ($3...) in group $2, and makes file $1 once they exist.
sleeper() {
  local ready=$1 group=$2
  shift 2
  cgroup_join "$group" "$BASHPID" root
  # shellcheck disable=SC2016
  exec setsid unshare "$@" sh -c ': >"$1"; exec sleep infinity' holder "$ready"
}

node_boot() {
  local n=$1 dir holder
  dir=$(node_dir "$n")
  mkdir -p "$dir"/{pids,logs}
  rm -f "$dir/ready"
  cat /proc/sys/kernel/random/uuid >"$dir/boot_id"
  cgroup_make "node$n"
  start_detached "$dir/logs/boot.log" sleeper "$dir/ready" "node$n" -n -m -u -C --propagation private
  holder=$STARTED
  pid_write "$dir/pids/holder" "$holder"
  wait_until 5 test -e "$dir/ready" || die "cannot start node $n: no namespaces; see $dir/logs/boot.log"
  cgroup_join "node$n" "$holder"
  nsenter -t "$holder" -n -m -u -C -- \
    timeout 20 "$SCRIPTS/lib/lab-mounts.sh" "$dir" "$LAB/shared" "$LAB" "${SCRIPTS%/scripts}" >>"$dir/logs/boot.log" 2>&1 ||
    die "cannot start node $n: its mounts failed; see $dir/logs/boot.log"
  node_connect "$n" "$holder"
}

node_connect() {
  local n=$1 holder=$2
  # A machine keeps its hardware address over a reboot; with a new one the others would talk to the old for a while.
  ip link add "v$n" netns "$(switch_pid)" type veth \
    peer name eth0 netns "$holder" address "$(printf '02:70:6f:6c:00:%02x' "$n")"
  in_switch ip link set "v$n" master lab0 up
  nsenter -t "$holder" -n -- sh -euc "
    ip link set lo up
    ip addr add $(node_address "$n")/24 dev eth0
    ip link set eth0 up
    ip route add default via $NET.1
    echo 1 >/proc/sys/net/ipv4/ip_forward"
}

# Replaces this shell by a command inside the node. The user's own settings for docker would lead it elsewhere.
node_exec() {
  local n=$1 holder
  shift
  holder=$(holder_pid "$n") || die "cannot enter node $n: it is switched off; run 'scripts/lab start $n'"
  cgroup_join "node$n" "$BASHPID"
  exec nsenter -t "$holder" -n -m -u -C -- \
    env -u DOCKER_HOST -u DOCKER_CONTEXT -u DOCKER_TLS_VERIFY -u DOCKER_CERT_PATH DOCKER_CONFIG=/run/docker-client "$@"
}
in_node() { (node_exec "$@"); }

# Who shares the node's namespaces but did not come in through us (an nsenter by hand).
node_strays() {
  local holder ns
  holder=$(holder_pid "$1") || return 0
  for ns in mnt net uts; do
    find /proc -maxdepth 3 -path "/proc/[0-9]*/ns/$ns" -lname "$(readlink "/proc/$holder/ns/$ns")" 2>/dev/null || true
  done | cut -d/ -f3 | sort -un
}
node_pids() {
  { cgroup_pids "node$1"; node_strays "$1"; } | sort -un
}

# Power loss: everything in the node ends at once, what was not on its disks is lost, mounts and network are gone.
node_off() {
  local n=$1 dir loops strays
  dir=$(node_dir "$n")
  mapfile -t loops < <(node_loops "$n")
  mapfile -t strays < <(node_strays "$n")
  cgroup_freeze "node$n" on
  loops_cut_power "$n"
  if ((${#strays[@]})); then kill -9 "${strays[@]}" 2>/dev/null || true; fi
  cgroup_kill "node$n" || die "cannot switch off node $n: processes $(cgroup_pids "node$n" | paste -sd' ') do not end; look at their stacks in /proc/PID/stack"
  loops_detach "${loops[@]}"
  cgroup_remove "node$n" || true
  rm -f "$dir"/pids/* "$dir/ready"
  cat /proc/sys/kernel/random/uuid >"$dir/boot_id"
}
