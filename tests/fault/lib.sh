# shellcheck shell=bash
# What the fault tests share: a lab with Polly on one node, checks that are told line by line, and the state to find
# after everything came back. Source it; then call fault_up, the cases, fault_end.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.."
PATH=$PATH:/usr/sbin:/sbin
export POLLY_LAB=${POLLY_LAB:-/tmp/polly-fault-$$} POLLY_LAB_NET=${POLLY_LAB_NET:-172.31.80}
export POLLY_DEFAULT_ACCESS=open
for part in ui polly-lab; do
  # shellcheck source=/dev/null
  source "scripts/lib/$part.sh"
done
BENCH=$POLLY_BIN/polly-bench
PLUGIN_SOCKET=/run/docker/plugins/polly.sock
DOUBLE=/run/double.sock
FAILED=0 NUMBER=0

check() { # SENTENCE CMD...
  local sentence=$1 output
  shift
  NUMBER=$((NUMBER + 1))
  if output=$("$@" 2>&1); then
    echo "ok $NUMBER - $sentence"
  else
    FAILED=$((FAILED + 1))
    echo "not ok $NUMBER - $sentence"
    printf '%s\n' "$output" | tail -n 20 | sed 's/^/#   /'
  fi
}

in_node() { timeout 120 scripts/lab exec 1 "$@"; }
polly() { timeout 60 scripts/lab exec 1 env PATH="$POLLY_BIN:$PATH" polly "$@"; }

fault_up() {
  trap 'timeout 120 scripts/lab down >/dev/null 2>&1 || true' EXIT
  scripts/lab up 1
}
fault_end() {
  if ((FAILED)); then polly_logs 1 | sed 's/^/# /'; fi
  echo "$((NUMBER - FAILED)) passed, $FAILED failed"
  ((FAILED == 0))
}

# Polly against an engine double instead of the node's engine.
start_on_double() {
  polly_write_config 1
  in_node sh -c "echo '  engine: unix://$DOUBLE' >>/etc/polly/config.yml"
  polly_start 1
  polly_await 30 node_is_live
}
node_is_live() { polly node ls -o json | jq -e '.nodes | length == 1 and .[0].live' >/dev/null; }

# kill -9 a daemon of the node and start it again.
kill_and_restart() {
  local name=$1
  polly_lab stop 1 "$name" KILL
  sleep 0.3
  case $name in
    coordinator) polly_lab run 1 coordinator "$POLLY_BIN/polly" coordinator ;;
    guard) polly_lab run 1 guard "$POLLY_BIN/polly-guard" ;;
    plugin) polly_lab run 1 plugin "$POLLY_BIN/polly-node" ;;
  esac
}

# -- What must be so when all is quiet again --------------------------------------------------------------------------

no_mounts() { ! in_node grep -E ' /var/lib/polly/mounts/' /proc/self/mountinfo; }
no_loops() { ! losetup -l -n -O BACK-FILE | grep -F "$POLLY_LAB/"; }
no_attachments() { api attachments | jq -e '.attachments == []'; }
no_operations() { api operations | jq -e '.operations == []'; }
all_ready() { polly volume ls -o json | jq -e '[.volumes[] | select(.state != "ready")] == []'; }
api() { in_node curl -sf --unix-socket /run/polly/coordinator.sock "http://polly/v1/$1"; }
quiet() { no_mounts && no_loops && no_attachments && no_operations && all_ready; }
# Every volume that was acknowledged and not asked away is there; none that was acknowledged as removed.
none_lost() {
  local outcomes=$1 there
  there=$(polly volume ls -o json | jq -r '.volumes[].name' | sort)
  comm -23 <(awk '$1 == "made" { made[$2] } $1 == "asked" { delete made[$2] } END { for (n in made) print n }' "$outcomes" | sort) \
    <(printf '%s\n' "$there") >"$outcomes.lost"
  comm -12 <(awk '$1 == "removed" { print $2 }' "$outcomes" | sort) <(printf '%s\n' "$there") >"$outcomes.back"
  [[ ! -s $outcomes.lost && ! -s $outcomes.back ]] || { echo "lost:" && cat "$outcomes.lost" && echo "came back:" && cat "$outcomes.back" && return 1; }
}
check_quiet() {
  polly_await 45 quiet >/dev/null 2>&1 || true
  check "$1: no mount is left" no_mounts
  check "$1: no loop device is left" no_loops
  check "$1: the coordinator has no attachment" no_attachments
  check "$1: no operation is unfinished, no volume half made" all_ready
  check "$1: the operations are done" no_operations
}
