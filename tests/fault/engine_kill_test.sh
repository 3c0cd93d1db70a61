#!/usr/bin/env bash
# Each of Polly's processes, and the engine, is killed -9 in the middle of 40 lives of volumes through the real engine:
# docker volume create, run, rm, eight at once. A container that was there before goes on reading.
# time limit: 600 s
source "$(dirname "$0")/lib.sh"

docker() { timeout 100 scripts/lab exec 1 docker "$@"; }

life() { # NAME POOL OUTCOMES
  local size=()
  # What is removed stays in the trash, with its space.
  if [[ $2 == fast ]]; then size=(-o size=16M); fi
  polly_await 20 docker volume create -d polly -o "pool=$2" "${size[@]}" "$1" || return 0 # what was killed comes back
  echo "made $1" >>"$3"
  if [[ $(docker run --rm --network none -v "$1:/d" bb:1 sh -c 'echo x >/d/x && cat /d/x') == x ]]; then
    echo "used $1" >>"$3"
  fi
  echo "asked $1" >>"$3"
  if docker volume rm "$1"; then echo "removed $1" >>"$3"; fi
}
lives() { # PREFIX POOL OUTCOMES
  local n
  for ((n = 0; n < 40; n++)); do
    life "$1-$n" "$2" "$3" &
    if ((n % 8 == 7)); then wait; fi
  done
  wait
}

kill_victim() {
  case $1 in
    dockerd) polly_lab kill 1 && sleep 1 && polly_lab start 1 ;;
    *) kill_and_restart "$1" ;;
  esac
}
# An engine that was killed may need a moment; what it says meanwhile is shown where it does not come to itself.
whole_again() { # PREFIX POOL OUTCOMES
  local n
  for n in 1 2 3; do
    echo "-- afterwards $n" >>"$3.log"
    life "$1-after-$n" "$2" "$3" >>"$3.log" 2>&1
    if grep -qx "removed $1-after-$n" "$3" && grep -qx "used $1-after-$n" "$3"; then return 0; fi
    sleep 3
  done
  sed -n '/^-- afterwards 1/,$p' "$3.log"
  return 1
}
at_least() { # NUMBER WORD OUTCOMES
  local found
  found=$(grep -c "^$2 " "$3") || true
  ((found >= $1)) || { echo "$found '$2' of $1:" && cat "$3"; return 1; }
}
# Containers that the kill left behind are taken away, as an operator would; and what is left of those that dockerd was
# starting when it was killed: it forgets them, and their first process waits for ever, with the volume mounted.
remove_leftovers() {
  local left
  left=$(docker ps -aq --filter name=^life)
  left+=" $(docker ps -a --format '{{.ID}} {{.Names}}' | awk '$2 != "reader" { print $1 }')"
  # shellcheck disable=SC2086
  docker rm -f $left >/dev/null 2>&1 || true
  end_forgotten
}
end_forgotten() {
  local pid name rest container
  while read -r pid name rest; do
    [[ $name == runc:* ]] || continue
    container=$(sed -n 's#.*/docker/##p' "/proc/$pid/cgroup" 2>/dev/null | tail -n 1) || continue
    if [[ $container ]] && ! docker inspect "$container" >/dev/null 2>&1; then kill -9 "$pid" 2>/dev/null || true; fi
  done < <(scripts/lab pids 1)
}

reader_reads() { # since SECONDS.. the newest line is younger than that
  local newest
  newest=$(in_node tail -n 1 "$(reader_log)")
  (($(date +%s) - newest <= ${1:-2})) || { echo "the newest read is of $newest, now is $(date +%s)"; return 1; }
}
reader_log() { echo /run/reads.log; }
start_reader() {
  docker volume create -d polly -o size=16M -o pool=fast kept
  in_node touch "$(reader_log)"
  docker run -d --name reader --restart always --network none -v kept:/d -v "$(reader_log):/log" bb:1 \
    sh -c 'echo kept >/d/file; while cat /d/file >/dev/null; do date +%s >>/log; sleep 0.1; done'
}
# The longest pause between two reads since line $1 of the log.
longest_pause() {
  in_node tail -n "+$1" "$(reader_log)" | awk 'NR > 1 && $1 - last > max { max = $1 - last } { last = $1 } END { print max + 0 }'
}
lines() { in_node sh -c "wc -l <$(reader_log)"; }

quiet_but_reader() {
  (($(in_node grep -c ' /var/lib/polly/mounts/' /proc/self/mountinfo) == 2)) &&
    api mounts | jq -e '[.mounts[].volume] == ["kept"]' >/dev/null && no_operations >/dev/null && all_ready >/dev/null
}
show_state() { in_node grep ' /var/lib/polly/mounts/' /proc/self/mountinfo; api mounts | jq -c '.mounts[]'; api operations; polly volume ls; return 1; }

kill_amid() { # VICTIM POOL
  local victim=$1 pool=$2 name=$1-$2 outcomes=$POLLY_LAB/engine-$1-$2 pid from
  : >"$outcomes"
  from=$(lines)
  lives "$name" "$pool" "$outcomes" >"$outcomes.log" 2>&1 &
  pid=$!
  sleep 2
  kill_victim "$victim"
  wait "$pid" || true
  polly_await 60 reader_reads 2 || true
  remove_leftovers
  check "$victim killed amid 40 lives on '$pool': the container reads again or still" reader_reads 2
  if [[ $victim != dockerd ]]; then
    check "$victim: it read without a pause" test "$(longest_pause "$((from + 1))")" -le 2
  fi
  polly_await 60 quiet_but_reader || true
  check "$victim, $pool: nothing is mounted but what the reader has, no operation is left" sh_ok quiet_but_reader
  # A kill may take the eight that are under way, and dockerd's those that find it away; not all that came before or after.
  check "$victim, $pool: of 40 lives at least 15 were lived" at_least 15 used "$outcomes"
  check "$victim, $pool: lives that begin afterwards are whole" whole_again "$name" "$pool" "$outcomes"
  check "$victim, $pool: nothing acknowledged is lost, nothing removed is back" none_lost "$outcomes"
}
sh_ok() { "$@" || show_state; }

# While dockerd is down its containers go on; a swarm's engine ends them only when it starts again.
down_for_a_while() {
  local from
  from=$(lines)
  polly_lab kill 1
  sleep 6
  check 'while dockerd is down the container reads without a pause' test "$(longest_pause "$((from + 1))")" -le 2
  check 'and has read just now' reader_reads 2
  polly_lab start 1
  polly_await 60 reader_reads 2 || true
  check 'and reads again once dockerd is back' reader_reads 2
  polly_await 60 quiet_but_reader || true
  check 'one mount is left, the reader'"'"'s' sh_ok quiet_but_reader
}

fault_up
polly_up 1
check 'a container reads from a loop volume' start_reader
polly_await 10 reader_reads 1
down_for_a_while
for victim in plugin coordinator guard dockerd; do kill_amid "$victim" files; done
kill_amid plugin fast
kill_amid dockerd fast
docker rm -f reader >/dev/null
check_quiet 'at the end'
fault_end
