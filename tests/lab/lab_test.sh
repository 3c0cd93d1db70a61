#!/usr/bin/env bash
# The swarm lab does what it promises, and leaves nothing behind. Uses a lab of its own; needs root, about a minute.
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB="$ROOT/scripts/lab"
export POLLY_LAB=/tmp/polly-lab-test-$$ POLLY_LAB_NET=172.31.78
failures=0 count=0

# check TEXT CMD...: CMD must succeed (within a minute).
check() {
  local text=$1 start=$SECONDS
  shift
  count=$((count + 1))
  if "$@" >"$OUTPUT" 2>&1; then
    echo "ok $count - $text"
  else
    echo "not ok $count - $text (after $((SECONDS - start)) s)"
    sed 's/^/#   /' "$OUTPUT"
    failures=$((failures + 1))
  fi
}
lab() { timeout 60 "$LAB" "$@"; }
equal() { [[ $1 == "$2" ]] || { echo "expected '$2', got '$1'"; return 1; }; }
fails() { ! "$@"; }
says() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) && { echo "it succeeded: $output"; return 1; }
  [[ $output == *"$text"* ]] || { echo "expected '$text' in: $output"; return 1; }
}
soon() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }

# What the lab could leave on the host, in words. Nothing here depends on other labs.
host_state() {
  ls / /etc /etc/docker /var/lib /opt /srv 2>/dev/null
  iptables-save 2>/dev/null | grep -v '^#'
  ip -o link | cut -d: -f2
  cat /proc/sys/kernel/random/boot_id /proc/sys/net/ipv4/ip_forward
  hostname
}
leftovers() {
  local id
  id=polly-lab-$(cksum <<<"$POLLY_LAB" | cut -d' ' -f1)
  find /sys/fs/cgroup -name "$id"
  grep -F "$POLLY_LAB" /proc/self/mountinfo
  losetup --list --noheadings --output NAME,BACK-FILE | grep -F -e "$POLLY_LAB" -e polly-test.img
  ls -d "$POLLY_LAB" 2>/dev/null
  # Who runs from it: by arguments, by open mounts, by recorded number.
  grep -lsF "$POLLY_LAB" /proc/[0-9]*/mountinfo | grep -v self
  for pid in "${pids[@]}"; do gone "$pid" || echo "process $pid $(cat "/proc/$pid/comm")"; done
  return 0
}
remember_pids() {
  local n
  for n in "$@"; do mapfile -t -O ${#pids[@]} pids < <(lab pids "$n" | cut -d' ' -f1); done
}
nothing_left() {
  local left
  left=$(leftovers)
  equal "$left" '' && diff <(echo "$HOST_BEFORE") <(host_state)
}

service_runs_on() {
  local state
  state=$(lab exec 1 docker service ps "$1" --filter desired-state=running --format '{{.Node}} {{.CurrentState}}')
  # The managers believe it for a while after the node has died: ask the engine too.
  [[ $state == "$2 Running"* && -n $(container_of "${2#node}" "$1") ]]
}
container_of() { lab exec "$1" docker ps -q --no-trunc --filter "label=com.docker.swarm.service.name=$2"; }
reach() { lab exec "$1" timeout 2 busybox nc -w 1 "node$2" 7946 </dev/null; }

test_up_and_exec() {
  check 'up 2 forms a swarm' lab up 2
  check 'a second up is refused' says 'is up' lab up 2
  check 'status shows both nodes' equal "$(lab status | awk '{ print $1, $3 }' | paste -sd,)" 'node1 up,node2 up'
  check 'exec returns the exit code' equal "$(lab exec 1 sh -c 'exit 7'; echo $?)" 7
  check 'exec passes standard input' equal "$(echo word | lab exec 2 cat)" word
  check 'exec works without any input or terminal' equal "$(setsid "$LAB" exec 1 echo hi <&- 2>/dev/null)" hi
  check 'the node has its own host name' equal "$(lab exec 2 hostname)" node2
  check 'the node has its own boot id' fails equal "$(lab exec 2 cat /proc/sys/kernel/random/boot_id)" "$(cat /proc/sys/kernel/random/boot_id)"
  # shellcheck disable=SC2016
  check 'the node has directories of its own' lab exec 1 sh -c 'for d in /run /etc/docker /etc/polly /var/lib/docker /var/lib/polly; do mountpoint -q $d || { echo $d; exit 1; }; done'
  lab exec 1 sh -c 'echo one >/etc/polly/x; echo both >/var/lib/polly-shared/x'
  check 'what one node writes the other does not see' says 'No such file' lab exec 2 cat /etc/polly/x
  check 'the shared directory is shared' equal "$(lab exec 2 cat /var/lib/polly-shared/x)" both
  check 'an image with a file in /data' equal "$(lab exec 2 docker run --rm bbdata:1 cat /data/hello.txt)" 'from the image'
  check 'nodes reach each other' reach 1 2
  check 'mistakes are named: node' says "cannot find node '9'" lab exec 9 true
  check 'mistakes are named: verb' says "no such verb" lab dance
}

test_daemons() {
  check 'run starts a program in the background' lab run 1 sleeper sh -c 'echo started; exec sleep 300'
  check 'its log is kept' equal "$(lab logs 1 sleeper)" started
  check 'a name can run once only' says 'runs already' lab run 1 sleeper sleep 1
  check 'a program that ends at once is an error' says 'ended at once' lab run 1 broken false
  local pid
  pid=$(lab pid 1 sleeper)
  check 'stop ends it' lab stop 1 sleeper
  check 'it has ended' gone "$pid"
  check 'stop of what has ended is no error' lab stop 1 sleeper
}

test_kill_and_start() {
  check 'a service on node 2' lab exec 1 docker service create --detach --name s --no-resolve-image --stop-grace-period 1s \
    --constraint node.hostname==node2 bb:1 sh -c 'trap "exit 0" TERM; while :; do sleep 0.2; done'
  check 'it runs there' soon 20 service_runs_on s node2
  local container pid
  container=$(container_of 2 s)
  pid=$(lab exec 2 docker inspect -f '{{.State.Pid}}' "$container")
  check 'kill ends the engine' lab kill 2
  check 'status tells' equal "$(lab status | awk '{ print $3 $4 }' | paste -sd,)" 'up,enginedown'
  check 'its container goes on' fails gone "$pid"
  check 'start brings the engine back' lab start 2
  check 'the service runs again' soon 30 service_runs_on s node2
}

test_crash_and_reboot() {
  lab exec 2 sh -ec 'truncate -s 32M /var/lib/polly-shared/polly-test.img /var/lib/polly/polly-test.img
    mkfs.ext4 -q /var/lib/polly-shared/polly-test.img; mkdir /run/m
    losetup -f /var/lib/polly/polly-test.img
    mount -o loop /var/lib/polly-shared/polly-test.img /run/m'
  lab exec 1 losetup -f /var/lib/polly-shared/polly-test.img
  lab run 2 writer sh -c 'while :; do echo line >>/run/m/log; done'
  local boot
  boot=$(lab exec 2 cat /proc/sys/kernel/random/boot_id)
  remember_pids 2
  lab exec 2 fsfreeze -f /run/m # its writer now hangs in the kernel
  check 'crash ends everything in the node' lab crash 2
  check 'nothing of it runs' equal "$(for p in "${pids[@]}"; do gone "$p" || echo "$p"; done)" ''
  check 'its loop devices are gone, those of the other node stay' equal \
    "$(losetup -n -l -O BACK-FILE | grep -c polly-test.img)" 1
  check 'exec says that it is off' says 'switched off' lab exec 2 true
  check 'start boots it' lab start 2
  check 'its boot id is new' fails equal "$(lab exec 2 cat /proc/sys/kernel/random/boot_id)" "$boot"
  check 'its mounts are gone, its disk is not' lab exec 2 sh -c '! mountpoint -q /run/m && test -e /var/lib/polly/polly-test.img'
  check 'reboot' lab reboot 2
  check 'the service runs again after a reboot' soon 40 service_runs_on s node2
}

test_cut_and_mend() {
  check 'cut' lab cut 2
  check 'a cut node is not reached' fails reach 1 2
  check 'mend' lab mend 2
  check 'a mended node is reached' soon 5 reach 1 2
}

test_managed_plugin_mounts() {
  # What a managed plugin needs: a mount made in a child namespace that shares with the node appears in the node.
  lab exec 1 sh -c 'mkdir -p /run/p && unshare -m --propagation shared mount -t tmpfs t /run/p'
  check 'mounts travel between the namespaces of a node' lab exec 1 mountpoint /run/p
  check 'and not to the host' fails mountpoint /run/p
}

test_down() {
  remember_pids 1 2
  lab exec 1 sh -c 'losetup -f /var/lib/polly/polly-test.img 2>/dev/null; true'
  check 'down' lab down
  check 'down leaves nothing' nothing_left
  check 'down twice' lab down
}

test_three_managers() {
  check 'up 3 3 and its output ends' sh -c "timeout 60 '$LAB' up 3 3 | cat"
  check 'all are managers' equal "$(lab exec 3 docker node ls --format '{{.ManagerStatus}}' | sort | uniq -c | awk '{ print $2 $1 }' | paste -sd,)" 'Leader1,Reachable2'
  remember_pids 1 2 3
  lab crash 3
  kill -9 "$(lab pid 2 holder)" # as an accident would
  check 'down after crashes' lab down
  check 'down after crashes leaves nothing' nothing_left
}

test_half_up() {
  { timeout -s KILL 1.2 "$LAB" up 2 >/dev/null 2>&1; } 2>/dev/null
  check 'down after half an up' lab down
  check 'down after half an up leaves nothing' nothing_left
}

main() {
  ((EUID == 0)) || { echo "lab_test: cannot run: not root; run it again as root" >&2; exit 1; }
  OUTPUT=$(mktemp)
  pids=()
  HOST_BEFORE=$(host_state)
  trap 'timeout 60 "$LAB" down; rm -f "$OUTPUT"' EXIT
  for part in ${1:-up_and_exec daemons kill_and_start crash_and_reboot cut_and_mend managed_plugin_mounts down three_managers half_up}; do
    local start=$SECONDS
    "test_$part"
    echo "# $part: $((SECONDS - start)) s"
  done
  echo "1..$count"
  if ((failures)); then echo "# $failures of $count failed"; fi
  ((failures == 0))
}

main "$@"
