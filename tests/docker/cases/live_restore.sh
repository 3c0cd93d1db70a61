# shellcheck shell=bash
# With live-restore containers outlive their engine. It excludes Swarm, so this comes last.

containers_outlive_the_engine() {
  local v=$DRIVER-live start pid
  reader "$v"
  start=$(now)
  pid=$READER
  engine_stop
  sleep 2
  never_paused "$start"
  engine_start
  equal "$(pid_of reader)" "$pid"
  engine_kill
  sleep 1
  engine_start
  equal "$(pid_of reader)" "$pid"
  never_paused "$start"
  sleep 11 # the comparison with the engine takes nothing for dead
  equal "$(mounts_of "$v")" 1
  works_on "$v"
}

swarm_is_left() {
  docker swarm leave --force
  set_live_restore true
}
swarm_is_back() {
  set_live_restore false
  docker swarm init --advertise-addr 127.0.0.1
}
set_live_restore() {
  echo "{\"live-restore\": $1}" >"$NODE_DIR/etc-docker/daemon.json"
  engine_stop
  engine_start
  equal "$(docker info -f '{{.LiveRestoreEnabled}}')" "$1"
}

it 'the engine leaves the swarm and is set to live-restore' swarm_is_left
for DRIVER in directory loop; do
  LIMIT=90 it "$DRIVER: with live-restore containers read through a restart and a kill of the engine" containers_outlive_the_engine
done
it 'the engine is back in a swarm' swarm_is_back
