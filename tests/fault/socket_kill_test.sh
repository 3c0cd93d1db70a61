#!/usr/bin/env bash
# Each of Polly's processes is killed -9 in the middle of 200 lives of volumes at the plugin's socket,
# 16 at once: create, mount, unmount, remove, against an engine double. After the restart no volume is lost, none half
# made, no mount leaked.
# time limit: 600 s
source "$(dirname "$0")/lib.sh"

churn() { # NAME POOL
  in_node "$BENCH" churn "$PLUGIN_SOCKET" "$DOUBLE" "$1" "$2" 200 16 "$POLLY_LAB/$1"
}

kill_amid() { # VICTIM POOL
  local victim=$1 pool=$2 name=$1-$2 pid
  : >"$POLLY_LAB/$name"
  churn "$name" "$pool" >"$POLLY_LAB/$name.log" 2>&1 &
  pid=$!
  polly_await 20 enough_made "$POLLY_LAB/$name" 40
  kill_and_restart "$victim"
  wait "$pid" || true
  cat "$POLLY_LAB/$name.log"
  in_node "$BENCH" engine "$DOUBLE" >/dev/null 2>&1 &
  pid=$!
  check "$victim killed amid 200 lives on '$pool': they were more than its death" enough_made "$POLLY_LAB/$name" 41
  check_quiet "$victim, $pool"
  check "$victim, $pool: nothing acknowledged is lost, nothing removed is back" none_lost "$POLLY_LAB/$name"
  stop_double
  wait "$pid" 2>/dev/null || true
}
enough_made() { (($(grep -c '^made' "$1") >= $2)); }
stop_double() { in_node sh -c 'for p in /proc/[0-9]*; do grep -qz "^engine$" $p/cmdline 2>/dev/null && grep -qz polly-bench $p/cmdline && kill -TERM ${p#/proc/}; done; true'; }

fault_up
check 'Polly starts on an engine double' start_on_double
for pool in files fast; do
  for victim in plugin coordinator guard; do kill_amid "$victim" "$pool"; done
done
fault_end
