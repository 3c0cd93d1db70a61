# shellcheck shell=bash
# A closed volume: every way there is to mount it is refused to who has no grant, in the same words, and leaves nothing.

reason_for() {
  echo "cannot mount volume '$1' on node 'node1': volume '$1' is not granted to swarm/-@node1; an operator can allow it with \`polly grant $1 --to swarm/-@node1\`"
}

# The id at the end of a refusal.
refusal_in() { sed -n 's/.*(polly explain \([0-9a-f]\{8\}\)).*/\1/p' <<<"$1" | head -n 1; }

# refused_mount VOLUME CMD..: within ten seconds, and nothing is left of it at that moment.
refused_mount() {
  local v=$1
  shift
  says "$(reason_for "$v")" within 10 "$@"
  nothing_left
  equal "$(volume "$v" .epoch.number)" "${EPOCH:-0}"
}

run_is_refused() {
  local v=$DRIVER-run output
  make "$v"
  refused_mount "$v" in_volume "$v" true
  if output=$(in_volume "$v" true 2>&1); then fail 'it ran'; fi
  equal "$(head -n 1 <<<"$output" | sed 's/ (polly explain [0-9a-f]\{8\})//')" \
    "docker: Error response from daemon: error while mounting volume '': $(reason_for "$v")"
  contains "$(polly explain "$(refusal_in "$output")")" "volume '$v' is not granted to swarm/-@node1"
  refused_mount "$v" docker run --rm --network none -v "$v:/vol:ro" bb:1 true
}

copy_up_is_refused() {
  local v=$DRIVER-copyup
  make "$v"
  refused_mount "$v" docker run --rm --network none -v "$v:/data" bbdata:1 true
}

start_is_refused() {
  local v=$DRIVER-start
  make "$v"
  docker create --name box --network none -v "$v:/vol" bb:1 true
  refused_mount "$v" docker start box
  refused_mount "$v" docker start box
  docker rm box
  docker volume rm "$v"
}

cp_is_refused() {
  local v=$DRIVER-cp
  make "$v"
  docker create --name box -v "$v:/vol" bb:1 true
  echo text >"$WORK/in.txt"
  says 'cannot mount volume' within 10 docker cp "$WORK/in.txt" box:/vol/in.txt
  says 'cannot mount volume' within 10 docker cp box:/vol/in.txt "$WORK/out.txt"
  nothing_left
}

volumes_from_is_refused() {
  local v=$DRIVER-from
  make "$v"
  docker create --name box -v "$v:/vol" bb:1 true
  refused_mount "$v" docker run --rm --network none --volumes-from box bb:1 true
}

run_that_makes_it_is_refused() {
  local v=$DRIVER-fresh
  refused_mount "$v" docker run --rm --network none --mount \
    "type=volume,source=$v,target=/vol,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" bb:1 true
  docker volume rm "$v"
}

anonymous_is_refused() {
  local before
  before=$(volumes)
  says 'is not granted to swarm/-@node1' docker run --rm --network none \
    --mount "type=volume,target=/vol,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" bb:1 true
  nothing_left
  soon 5 volumes_are "$before"
}
volumes_are() { equal "$(volumes)" "$1"; }

many_at_once_are_refused() {
  local v=$DRIVER-rush n jobs=()
  make "$v"
  for n in 1 2 3 4; do
    says 'is not granted to swarm/-@node1' docker run --rm --network none -v "$v:/vol" bb:1 true &
    jobs+=($!)
  done
  for n in "${jobs[@]}"; do wait "$n"; done
  nothing_left
}

a_grant_opens_and_a_revoke_closes() {
  local v=$DRIVER-grant EPOCH
  make "$v"
  polly grant "$v" --to swarm/-@node1
  idle box -v "$v:/vol"
  polly revoke "$v" --from swarm/-@node1
  docker exec box touch /vol/goes-on # who is in stays in
  says "$(reason_for "$v")" in_volume "$v" true
  docker stop box
  soon 5 nothing_left
  EPOCH=1 refused_mount "$v" docker start box
}

grants_of_others_do_not_help() {
  local v=$DRIVER-others
  make "$v"
  polly grant "$v" --to 'swarm/*'
  polly grant "$v" --to swarm/-@node2
  refused_mount "$v" in_volume "$v" true
  polly grant "$v" --to swarm/-
  in_volume "$v" 'touch /vol/file'
}

read_only_grant() {
  local v=$DRIVER-reader
  make "$v"
  polly grant "$v" --to swarm/-@node1 --ro
  in_volume "$v" 'ls /vol'
  says 'Read-only file system' in_volume "$v" 'touch /vol/file'
}

# The engine starts its containers while it answers nobody: they count as containers outside services.
engine_restart_is_decided_too() {
  local v=$DRIVER-reboot
  make "$v"
  polly grant "$v" --to swarm/-@node1
  idle box --restart always -v "$v:/vol"
  engine_stop
  polly revoke "$v" --from swarm/-@node1
  engine_start
  soon 10 refused_in_inspect box "$(reason_for "$v")"
  nothing_left
}
refused_in_inspect() { contains "$(docker inspect -f '{{.State.Error}}' "$1")" "$2"; }

for DRIVER in directory loop; do
  it "$DRIVER: docker run is refused, with the rule and its cure in the terminal" run_is_refused
  it "$DRIVER: a copy-up is refused" copy_up_is_refused
  it "$DRIVER: docker start is refused, as often as it is tried" start_is_refused
  it "$DRIVER: docker cp is refused" cp_is_refused
  it "$DRIVER: volumes-from is refused" volumes_from_is_refused
  it "$DRIVER: a run that makes its volume is refused" run_that_makes_it_is_refused
  it "$DRIVER: an unnamed volume is refused, and goes with its container" anonymous_is_refused
  it "$DRIVER: many at once are all refused" many_at_once_are_refused
  it "$DRIVER: a grant opens, a revoke closes for the next one" a_grant_opens_and_a_revoke_closes
  it "$DRIVER: grants of services and of other nodes do not help" grants_of_others_do_not_help
  it "$DRIVER: a grant for reading is read-only" read_only_grant
done
DRIVER=loop
it 'a container that the engine restarts is decided again' engine_restart_is_decided_too
