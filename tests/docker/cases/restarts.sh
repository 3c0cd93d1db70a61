# shellcheck shell=bash
# Whatever dies, containers go on reading, and afterwards everything works on with nothing left over.

# A container that reads its volume ten times a second, and notes when it did.
READ='trap "exit 0" TERM; echo text >/vol/file; while read -r text </vol/file; do cat /proc/uptime >>/vol/reads; sleep 0.1; done'
reader() {
  local v=$1
  shift
  make "$v"
  docker run -d --network none --name reader "$@" -v "$v:/vol" bb:1 sh -c "$READ"
  READER=$(pid_of reader)
  soon 5 has_read_since 0
}
reads() { cat "/proc/${READER:-0}/root/vol/reads"; }
last_read() { reads | tail -n 1 | cut -d' ' -f1; }
has_read_since() { awk -v then="$1" -v now="$(last_read)" 'BEGIN { exit !(now > then) }'; }
now() { cut -d' ' -f1 /proc/uptime; }

# It reads now, and since $1 it has never paused for longer than two seconds.
never_paused() {
  soon 5 has_read_since "$(now)"
  reads | awk -v since="$1" '$1 >= since { if (last && $1 - last > 2) { print "paused for", $1 - last, "s"; bad = 1 } last = $1 } END { exit bad }' ||
    fail "it paused: $(reads | awk 'last && $1 - last > 2 { print $1 - last } { last = $1 }')"
}

works_on() {
  equal "$(mounts_of "$1")" 1
  in_volume "$1" 'test -s /vol/reads'
  docker rm -f reader
  soon 15 nothing_left
  in_volume "$1" 'test -s /vol/reads'
}

plugin_dies() {
  local v=$DRIVER-plugin start
  reader "$v"
  start=$(now)
  plugin_kill
  never_paused "$start"
  equal "$(volume "$v" .epoch.number)" 1
  works_on "$v"
}

plugin_is_away_for_long() {
  local v=$DRIVER-long start
  reader "$v"
  start=$(now)
  lab stop 1 plugin KILL
  sleep 15 # longer than a session lives without heartbeats
  equal "$(polly node show "$NODE" -o json | jq .live)" true
  plugin_start
  never_paused "$start"
  works_on "$v"
}

# The Unmount that nobody hears is found out afterwards.
stopped_while_the_plugin_is_away() {
  local v=$DRIVER-unheard
  reader "$v"
  lab stop 1 plugin KILL
  docker kill reader
  plugin_start
  soon 30 nothing_left
}

guard_dies() {
  local v=$DRIVER-guard start session
  reader "$v"
  start=$(now)
  session=$(polly node show "$NODE" -o json | jq -r .session)
  lab stop 1 guard KILL
  in_volume "$v" 'test -s /vol/reads' # the session on file is good for a while
  guard_start
  soon 5 in_volume "$v" true
  equal "$(polly node show "$NODE" -o json | jq -r .session)" "$session"
  never_paused "$start"
  works_on "$v"
}

coordinator_dies() {
  local v=$DRIVER-coordinator start
  reader "$v"
  start=$(now)
  coordinator_stop KILL
  sleep 2
  coordinator_start
  equal "$(mounts_of "$v")" 1
  never_paused "$start"
  works_on "$v"
}

engine_is_restarted() {
  local v=$DRIVER-sigterm
  reader "$v" --restart always
  engine_stop
  soon 5 nothing_left
  engine_start
  soon 15 running reader
  READER=$(pid_of reader)
  soon 5 has_read_since "$(now)"
  works_on "$v"
}

engine_is_killed() {
  local v=$DRIVER-sigkill start
  reader "$v" --restart always
  start=$(now)
  engine_kill
  sleep 3
  never_paused "$start"
  engine_start
  soon 30 running reader
  READER=$(pid_of reader)
  soon 5 has_read_since "$(now)"
  soon 30 mount_count_is "$v" 1
  equal "$(published)" 1
  works_on "$v"
}

all_of_it_is_killed() {
  local v=$DRIVER-all
  reader "$v" --restart always
  engine_kill
  if [[ $MODE == legacy ]]; then
    lab stop 1 plugin KILL
    lab stop 1 guard KILL
  fi
  coordinator_stop KILL
  soon 5 has_read_since "$(now)"
  polly_start
  engine_start
  soon 30 running reader
  READER=$(pid_of reader)
  soon 5 has_read_since "$(now)"
  soon 30 mount_count_is "$v" 1
  works_on "$v"
}

# The engine waits for the plugin of the containers that it starts, so both come up side by side.
power_is_lost() {
  local v=$DRIVER-power starting
  reader "$v" --restart always
  docker exec reader sh -c 'echo safe >/vol/safe; sync'
  lab crash 1
  empty "$(polly_loops)"
  lab start 1 &
  starting=$!
  soon 30 alive dockerd # then the node is whole
  HOLDER=''
  node_enter
  coordinator_start
  if [[ $MODE == legacy ]]; then polly_start; fi
  wait "$starting"
  polly_start
  soon 15 running reader
  equal "$(docker exec reader cat /vol/safe)" safe
  equal "$(volume "$v" .epoch.number)" 2
  docker rm -f reader
  soon 30 nothing_left
}

DRIVER=loop
it 'containers go on while the plugin is killed' plugin_dies
if [[ $MODE == legacy ]]; then
  it 'the session outlives the plugin' plugin_is_away_for_long
  it 'an unmount that no plugin heard is made up for' stopped_while_the_plugin_is_away
  it 'containers go on while the guard is killed, and the session is the same' guard_dies
fi
it 'containers go on while the coordinator is killed' coordinator_dies
it 'a restarted engine has its containers back, and nothing is left over' engine_is_restarted
it 'containers read while the engine is dead, and again when it is back' engine_is_killed
it 'everything is killed at once' all_of_it_is_killed
LIMIT=90 it 'a machine that lost power starts anew, and what was synced is there' power_is_lost
DRIVER=directory
it 'directory: containers go on while the plugin is killed' plugin_dies
it 'directory: containers read while the engine is dead, and again when it is back' engine_is_killed
