#!/usr/bin/env bash
# The plugin is dead for 60 s: the guard keeps the node's session, and the plugin takes its mounts up again.
# time limit: 180 s
source "$(dirname "$0")/lib.sh"

session() { polly node show node1 -o json | jq -r .session; }
is_live() { polly node show node1 -o json | jq -e .live >/dev/null; }

stays_live() {
  local second
  for ((second = 0; second < 60; second += 3)); do
    sleep 3
    is_live || { echo "not live after $second s"; return 1; }
  done
}
still_reads() { timeout 20 scripts/lab exec 1 docker exec keeper cat /d/file | grep -qx kept; }

fault_up
polly_up 1
in_node docker volume create -d polly -o size=16M kept >/dev/null
in_node docker run -d --name keeper --network none -v kept:/d bb:1 sh -c 'echo kept >/d/file; while :; do sleep 1; done' >/dev/null
before=$(session)
polly_lab stop 1 plugin KILL
check 'for 60 s without a plugin the session stays live' stays_live
check 'it is the same session' test "$(session)" = "$before"
check 'the container reads on' still_reads
polly_lab run 1 plugin "$POLLY_BIN/polly-node"
polly_await 20 still_reads
check 'the session outlived the plugin' test "$(session)" = "$before"
kill_and_restart guard
polly_await 20 is_live
check 'a guard that was killed resumes the session' test "$(session)" = "$before"
in_node docker rm -f keeper >/dev/null
check_quiet 'after the container is gone'
fault_end
