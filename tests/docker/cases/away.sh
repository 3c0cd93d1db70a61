# shellcheck shell=bash
# The coordinator is away, silent, or talks nonsense: what the node knows it still tells, what it cannot decide it
# refuses with a sentence and in time, and nobody who has a volume is disturbed.

record_answers() {
  local v=$1
  contains "$(within 2 docker volume ls -q)" "$v"
  equal "$(within 2 docker volume inspect -f '{{.Name}} {{.Status.pool}}' "$v")" "$v $DRIVER"
  contains "$(within 2 ask Get "{\"Name\":\"$v\"}")" '"Err":""'
  contains "$(within 2 ask Path "{\"Name\":\"$v\"}")" '"Err":""'
}

# All three at once: each may take its time.
changes_are_refused() {
  local v=$1 text=$2 jobs=() n
  says "$text" within 60 docker volume create -d polly "$v-new" &
  jobs+=($!)
  says "$text" within 60 docker volume rm "$v" &
  jobs+=($!)
  says "cannot mount volume '$v" within 40 in_volume "$v-idle" true &
  jobs+=($!)
  for n in "${jobs[@]}"; do wait "$n"; done
  equal "$(docker volume inspect -f '{{.Driver}}' "$v-idle")" "$PLUGIN" # and no local volume of that name was made
}

coordinator_is_away() {
  local v=$DRIVER-away
  make "$v"
  make "$v-idle"
  make "$v-busy"
  idle box -v "$v-busy:/vol"
  soon 5 record_has "$v-busy"
  coordinator_stop
  record_answers "$v"
  changes_are_refused "$v" 'cannot reach the coordinator'
  docker exec box touch /vol/file
  within 15 docker stop box
  empty "$(polly_mounts)"
  coordinator_start
  soon 15 nothing_left
  in_volume "$v" true
  in_volume "$v-busy" 'ls /vol/file'
}
record_has() { contains "$(<"$NODE_DIR/var-lib-polly/node/catalog.json")" "\"$1\""; }

record_outlives_the_plugin() {
  local v=$DRIVER-record
  make "$v"
  soon 5 record_has "$v"
  coordinator_stop
  plugin_kill
  record_answers "$v"
  within 10 docker volume inspect never-made && fail 'a volume that nobody made was found'
  coordinator_start
  soon 15 in_volume "$v" true
}

short_absence_is_waited_out() {
  local v=$DRIVER-short
  make "$v"
  coordinator_stop KILL
  (
    sleep 4
    coordinator_start
  ) &
  in_volume "$v" 'touch /vol/file'
  wait "$!"
}

acknowledged_is_kept() {
  local v=$DRIVER-kept n
  for n in 1 2 3; do
    make "$v-$n"
    coordinator_stop KILL
    coordinator_start
  done
  equal "$(volumes | grep -c "^$v-")" 3
  docker volume rm "$v-1" "$v-2" "$v-3"
}

# A stranger at the coordinator's address: nonsense KIND. See tools/nonsense.py.
nonsense() {
  coordinator_stop
  soon 5 port_is_free
  lab run 1 nonsense python3 "$HERE/tools/nonsense.py" "$1" 7979 /var/lib/polly/coordinator/server
  sleep 1
}
port_is_free() { ! in_node curl -s -m 1 http://127.0.0.1:7979/; }
coordinator_back() {
  lab stop 1 nonsense KILL
  coordinator_start
}

coordinator_talks_nonsense() {
  local v=$DRIVER-$1 kind=$1 text=$2
  make "$v"
  make "$v-idle"
  make "$v-busy"
  idle box -v "$v-busy:/vol"
  soon 5 record_has "$v-busy"
  nonsense "$kind"
  sleep 4 # time enough for the node's own polls to hear it
  record_answers "$v"
  changes_are_refused "$v" "$text"
  within 15 docker stop box
  record_answers "$v"
  coordinator_back
  soon 15 in_volume "$v" true
  docker rm -f box
  soon 20 nothing_left
}

# To some calls an empty object is an answer, and who gives it is believed. It says nothing about volumes, though.
empty_objects_empty_no_record() {
  make never-lost
  soon 5 record_has never-lost
  nonsense empty
  sleep 4
  record_answers never-lost
  says "cannot read the coordinator's answer" docker volume create -d polly never-made
  says "cannot mount volume 'never-lost'" within 40 in_volume never-lost true
  coordinator_back
  soon 15 in_volume never-lost true
}

DRIVER=loop
it 'the coordinator is away: the record answers, changes are refused, a container stops' coordinator_is_away
it 'the record outlives the plugin' record_outlives_the_plugin
it 'a short absence is waited out by a mount' short_absence_is_waited_out
it 'what was acknowledged is there after a kill of the coordinator' acknowledged_is_kept
LIMIT=120 it 'the coordinator answers what is no JSON' coordinator_talks_nonsense words "cannot read the coordinator's answer"
LIMIT=120 it 'the coordinator answers empty objects: no record is emptied by that' empty_objects_empty_no_record
LIMIT=120 it 'the coordinator answers what is no HTTP' coordinator_talks_nonsense noise 'coordinator'
LIMIT=120 it 'what listens at the address speaks no TLS' coordinator_talks_nonsense garbage 'coordinator'
LIMIT=180 it 'the coordinator takes calls and never answers' coordinator_talks_nonsense silence 'coordinator'
