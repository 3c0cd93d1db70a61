#!/usr/bin/env bash
# scripts/hello tells the whole story, fails where it must, and --down leaves nothing behind. Needs root.
# time limit: 600 s
set -uo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
HELLO="$ROOT/scripts/hello"
export POLLY_LAB=${POLLY_LAB:-/tmp/polly-hello-test-$$} POLLY_LAB_NET=${POLLY_LAB_NET:-172.31.79}
failures=0 count=0

check() {
  local text=$1
  shift
  count=$((count + 1))
  if "$@" >"$OUTPUT" 2>&1; then
    echo "ok $count - $text"
  else
    echo "not ok $count - $text"
    sed 's/^/#   /' "$OUTPUT"
    failures=$((failures + 1))
  fi
}
equal() { [[ $1 == "$2" ]] || { echo "expected '$2', got '$1'"; return 1; }; }
told() { grep -qF -- "$1" "$TOLD" || { echo "'$1' is not in what scripts/hello told:"; cat "$TOLD"; return 1; }; }
told_line() { grep -qE -- "$1" "$TOLD" || { echo "no line matches '$1' in what scripts/hello told:"; cat "$TOLD"; return 1; }; }
refuses() { # TEXT CMD...
  local text=$1 output
  shift
  output=$("$@" 2>&1) && { echo "it succeeded: $output"; return 1; }
  [[ $output == *"$text"* ]] || { echo "expected '$text' in: $output"; return 1; }
}
lab() { timeout 60 "$ROOT/scripts/lab" "$@"; }
play() { timeout 500 "$HELLO" >"$TOLD" 2>&1 </dev/null; }
gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"; }

host_state() {
  ls / /etc /etc/docker /etc/polly /var/lib /opt /run/docker/plugins 2>/dev/null
  iptables-save 2>/dev/null | grep -v '^#'
  ip -o link | cut -d: -f2
  ip netns list 2>/dev/null
  hostname
}
leftovers() {
  local id pid
  id=polly-lab-$(cksum <<<"$POLLY_LAB" | cut -d' ' -f1)
  find /sys/fs/cgroup -name "$id"
  grep -F "$POLLY_LAB" /proc/self/mountinfo
  losetup --list --noheadings --output NAME,BACK-FILE | grep -F "$POLLY_LAB"
  ls -d "$POLLY_LAB" 2>/dev/null
  grep -lsF "$POLLY_LAB" /proc/[0-9]*/mountinfo | grep -v self
  for pid in "${pids[@]}"; do gone "$pid" || echo "process $pid $(cat "/proc/$pid/comm")"; done
  return 0
}
nothing_left() {
  equal "$(leftovers)" '' && diff <(echo "$HOST_BEFORE") <(host_state)
}

test_refusals() {
  check 'an unknown option is named' refuses "cannot do '--dance'" "$HELLO" --dance
  check '--help tells the options' bash -c "'$HELLO' --help | grep -q -- --down"
  mkdir "$POLLY_LAB" && touch "$POLLY_LAB/.polly-lab"
  check "somebody else's lab is left alone" refuses 'not from scripts/hello' timeout 300 "$HELLO"
  check "and --down leaves it alone too" refuses 'not from scripts/hello' "$HELLO" --down
  rm "$POLLY_LAB/.polly-lab" && rmdir "$POLLY_LAB"
  check '--down of nothing is no error' "$HELLO" --down
}

# What proves the handover must not believe just anything. Each word is node and change: 1+d is '+device' on node1.
handover() {
  local word time=0 file=$OUTPUT.d/recorder.txt
  mkdir -p "$OUTPUT.d"
  for word in "$@"; do
    time=$((time + 1))
    case $word in *d) echo "$time.5 node${word::1} ${word:1:1}device /dev/loop0" ;; *m) echo "$time.5 node${word::1} ${word:1:1}mount /x 7:0" ;; esac
  done >"$file"
  (POLLY_LAB=$OUTPUT.d && for part in ui polly-lab polly-story; do source "$ROOT/scripts/lib/$part.sh"; done && recorder_handover node1 node2)
}
fails() { ! "$@"; }
test_checker() {
  check 'the recorder believes a handover in order' handover 1+d 1+m 1-m 1-d 2+d 2+m
  check 'it refuses one where both had the device' fails handover 1+d 1+m 1-m 2+d 1-d 2+m
  check 'it refuses one where the device never left' fails handover 1+d 1+m 1-m 2+d 2+m
  check 'it refuses one where it saw nothing of the first node' fails handover 2+d 2+m
  check 'it refuses one where the mount came back' fails handover 1+d 1+m 1-m 1+m 1-d 2+d 2+m
}

test_story() {
  check 'the story ends well' play
  check 'commands are shown as a user types them' told 'node1$ docker volume create -d polly -o size=256M notes'
  check 'and what came back' told_line '^notes$'
  check 'two nodes are ready' equal "$(grep -cE ' Ready +Active' "$TOLD")" 2
  check 'both have joined Polly' equal "$(grep -cE '^node[12] +live ' "$TOLD")" 2
  check 'the writer wrote on node1' told_line '^written on node1$'
  check 'node1 holds it under epoch 1' told_line '^holder +node1, epoch 1$'
  check 'node2 holds it under epoch 2' told_line '^holder +node2, epoch 2$'
  check 'what was written on node1 is read on node2' told 'holds: what was written on node1 is read on node2'
  check 'the handover has an order' told 'holds: device and mount had left node1 before they came to node2'
  check 'who has no grant is told so by Swarm' told_line "reader\..*cannot mount volume 'notes' on node 'node2'.*is not granted to swarm/reader.*polly grant notes --to swarm/reader"
  check 'a reader gets in beside the holder' told 'ok   the reader gets in, on the node of the holder'
  check 'and cannot write' told_line "can't create /notes/hello.txt: Read-only file system"
  check 'on the other node it is refused, with holder and node' told_line "reader\..* node1 .*held by swarm/writer on node 'node2'"
  check 'the end tells how to stop' told 'scripts/hello --down'
  check 'without a terminal there are plain lines' equal "$(grep -c $'\e' "$TOLD")" 0
}

test_after() {
  check 'the writer goes on' bash -c "'$HELLO' --shell 2 docker ps | grep -q writer"
  check 'a shell has polly in its path' bash -c "'$HELLO' --shell 1 polly volume ls | grep -q '^notes '"
}

remember_pids() {
  local n
  for n in 1 2; do mapfile -t -O ${#pids[@]} pids < <(lab pids "$n" | cut -d' ' -f1); done
}
# With a plugin that does not start. The story before is still up.
test_failure() {
  local bin=${POLLY_BIN:-$ROOT/build/release/bin}
  remember_pids
  check 'many processes ran' test ${#pids[@]} -gt 4
  mkdir -p "$OUTPUT.d/bin"
  ln -s "$bin/polly" "$bin/polly-guard" "$OUTPUT.d/bin/"
  printf '#!/bin/sh\necho "cannot start: out of order"; exit 1\n' >"$OUTPUT.d/bin/polly-node"
  chmod +x "$OUTPUT.d/bin/polly-node"
  check 'what fails makes it fail' fails env POLLY_BIN="$OUTPUT.d/bin" bash -c "timeout 300 '$HELLO' >'$TOLD' 2>&1"
  check 'played again, it starts anew' told 'end the story that is still up'
  check 'the step is named' told_line '^fail start guard and plugin on each node'
  check 'the end of the log is shown' told 'out of order'
  check 'the log is named' told "Log: $POLLY_LAB/"
  check 'it says what to try' told_line '^Try: '
  remember_pids
}

test_down() {
  check '--down, on a terminal, shows that it is at work' bash -c "TERM=xterm script -qec '$HELLO --down' /dev/null | grep -q 'end engines'"
  check '--down leaves nothing' nothing_left
}

main() {
  ((EUID == 0)) || { echo "hello_test: cannot run: not root; run it again as root" >&2; exit 1; }
  OUTPUT=$(mktemp) TOLD=$(mktemp)
  pids=()
  HOST_BEFORE=$(host_state)
  trap 'timeout 60 "$ROOT/scripts/lab" down; rm -rf "$OUTPUT" "$OUTPUT.d" "$TOLD"' EXIT
  for part in ${1:-checker refusals story after failure down}; do "test_$part"; done
  echo "1..$count"
  if ((failures)); then echo "# $failures of $count failed"; fi
  ((failures == 0))
}

main "$@"
