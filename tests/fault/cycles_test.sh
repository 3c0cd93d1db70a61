#!/usr/bin/env bash
# 10,000 mounts and unmounts at the plugin's socket, 16 at once: none fails, none hangs, nothing leaks, p99 does not grow.
# time limit: 600 s
source "$(dirname "$0")/lib.sh"

make_volumes() {
  local n
  for ((n = 0; n < 16; n++)); do
    polly volume create "cycle$n" --pool files && polly volume create "disk$n" --pool fast --size 16M
  done
}
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$(polly_lab pid 1 "$1")/status"; }
descriptors() { find "/proc/$(polly_lab pid 1 "$1")/fd" -mindepth 1 | wc -l; }
cycles() { timeout 500 scripts/lab exec 1 "$BENCH" cycles "$PLUGIN_SOCKET" "$DOUBLE" "$@"; }
show() { for name in plugin coordinator; do echo "# $1: $name has $(rss "$name") kB, $(descriptors "$name") descriptors"; done; }

fault_up
check 'Polly starts on an engine double' start_on_double
check '32 volumes are made' make_volumes
check 'the first cycles warm up' eval 'cycles cycle 1000 16 && cycles disk 100 16'
show before
plugin_rss=$(rss plugin) plugin_fds=$(descriptors plugin) coordinator_fds=$(descriptors coordinator)
check '10,000 cycles on directories, 16 at once' cycles cycle 10000 16
check '400 cycles on loop devices, 16 at once' cycles disk 400 16
sleep 3
show after
check "the plugin's memory has not grown by 8 MiB" test "$(rss plugin)" -lt "$((plugin_rss + 8192))"
check "the plugin's descriptors have not grown" test "$(descriptors plugin)" -le "$((plugin_fds + 20))"
check "the coordinator's descriptors have not grown" test "$(descriptors coordinator)" -le "$((coordinator_fds + 20))"
check_quiet 'after all cycles'
fault_end
