# shellcheck shell=bash
# Containers with volumes: what the engine's own tests ask of an external volume driver, and a little more.

keeps_data() {
  local v=$DRIVER-data
  make "$v"
  in_volume "$v" 'echo kept >/vol/file; head -c 4000000 /dev/urandom >/vol/big; sha1sum </vol/big >/vol/sum; sync'
  in_volume "$v" 'test "$(cat /vol/file)" = kept && test "$(sha1sum </vol/big)" = "$(cat /vol/sum)"'
  equal "$(in_volume "$v" 'ls /vol' | paste -sd' ')" 'big file sum' # no lost+found: it would be in the way
}

run_makes_it() {
  local v=$DRIVER-byrun
  docker run --rm --network none --mount "type=volume,source=$v,target=/vol,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" \
    bb:1 touch /vol/file
  equal "$(volume "$v" .class)" "$DRIVER-$ACCESS"
  docker volume rm "$v"
}

anonymous_goes_with_rm() {
  local before after
  before=$(volumes)
  docker run --rm --network none --mount "type=volume,target=/vol,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" \
    bb:1 touch /vol/file
  after=$(volumes)
  equal "$after" "$before"
}

anonymous_stays_without_rm() {
  local name
  docker run --name keeper --network none --mount "type=volume,target=/vol,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" \
    bb:1 touch /vol/file
  name=$(docker inspect -f '{{(index .Mounts 0).Name}}' keeper)
  matches "$name" '^[0-9a-f]{64}$'
  docker rm keeper
  contains "$(volumes)" "$name"
  docker volume rm "$name"
}

rm_v_takes_anonymous_only() {
  local v=$DRIVER-named name
  make "$v"
  docker run --name keeper --network none -v "$v:/vol" \
    --mount "type=volume,target=/other,volume-driver=polly,volume-opt=class=$DRIVER-$ACCESS" bb:1 touch /vol/a /other/b
  name=$(docker inspect keeper | jq -r '.[0].Mounts[] | select(.Destination == "/other").Name')
  docker rm -v keeper
  lacks "$(volumes)" "$name"
  contains "$(volumes)" "$v"
}

inspect_names_driver() {
  local v=$DRIVER-bound
  make "$v"
  docker create --name box -v "$v:/vol" bb:1 true
  equal "$(docker inspect -f '{{range .Mounts}}{{.Name}} {{.Driver}} {{.Destination}}{{end}}' box)" "$v $PLUGIN /vol"
}

copies_up_once() {
  local v=$DRIVER-copyup
  make "$v"
  equal "$(docker run --rm --network none -v "$v:/data" bbdata:1 cat /data/hello.txt)" 'from the image'
  docker run --rm --network none -v "$v:/data" bbdata:1 sh -c 'echo changed >/data/hello.txt'
  equal "$(docker run --rm --network none -v "$v:/data" bbdata:1 cat /data/hello.txt)" changed
  in_volume "$v" 'rm /vol/hello.txt; touch /vol/other'
  equal "$(docker run --rm --network none -v "$v:/data" bbdata:1 ls /data)" other # not empty: not copied again
}

copies_nothing_if_told() {
  local v=$DRIVER-nocopy
  make "$v"
  empty "$(docker run --rm --network none -v "$v:/data:nocopy" bbdata:1 ls /data)"
}

volumes_from() {
  local v=$DRIVER-from
  make "$v"
  idle first -v "$v:/vol"
  docker exec first sh -c 'echo shared >/vol/file'
  idle second --volumes-from first
  equal "$(docker exec second cat /vol/file)" shared
  docker rm -f first
  equal "$(docker exec second cat /vol/file)" shared
  equal "$(docker run --rm --network none --volumes-from second bb:1 cat /vol/file)" shared
}

two_containers_one_volume() {
  local v=$DRIVER-two
  make "$v"
  idle first -v "$v:/vol"
  idle second -v "$v:/vol"
  equal "$(mounts_of "$v")" 2
  equal "$(published)" 2
  docker exec first sh -c 'echo both >/vol/file'
  docker rm -f first
  soon 5 mount_count_is "$v" 1
  equal "$(published)" 1
  equal "$(docker exec second cat /vol/file)" both
  docker rm -f second
  soon 5 nothing_left
}

starting_at_once() {
  local v=$DRIVER-race n jobs=()
  make "$v"
  for n in 1 2 3 4 5; do
    idle "racer$n" -v "$v:/vol" &
    jobs+=($!)
  done
  for n in "${jobs[@]}"; do wait "$n"; done
  equal "$(mounts_of "$v")" 5
  equal "$(volume "$v" .epoch.number)" 1
  docker rm -f racer1 racer2 racer3 racer4 racer5
}

twice_in_one_container() {
  local v=$DRIVER-twice
  make "$v"
  idle box -v "$v:/one" -v "$v:/two"
  docker exec box touch /one/file
  equal "$(docker exec box ls /two)" file
  docker restart box
  equal "$(docker exec box ls /one /two | grep -c file)" 2
}

# The node compares its mounts with the engine every ten seconds, those that are older than five.
long_lived_is_not_taken_for_dead() {
  make long-lived
  idle box -v long-lived:/one -v long-lived:/two
  idle other -v long-lived:/vol
  docker create --name third -v long-lived:/vol bb:1 true
  sleep 16
  equal "$(mounts_of long-lived)" 3
  equal "$(published)" 3
}

read_only() {
  local v=$DRIVER-ro
  make "$v"
  in_volume "$v" 'echo text >/vol/file'
  equal "$(docker run --rm --network none -v "$v:/vol:ro" bb:1 cat /vol/file)" text
  says 'Read-only file system' docker run --rm --network none -v "$v:/vol:ro" bb:1 touch /vol/file
}

cp_without_a_run() {
  local v=$DRIVER-cp
  make "$v"
  docker create --name box -v "$v:/vol" bb:1 true
  echo 'put there' >"$WORK/in.txt"
  docker cp "$WORK/in.txt" box:/vol/in.txt
  empty "$(polly_mounts)"
  docker cp box:/vol/in.txt "$WORK/out.txt"
  equal "$(<"$WORK/out.txt")" 'put there'
  soon 5 nothing_left
}

cp_beside_a_run() {
  local v=$DRIVER-cprun
  make "$v"
  idle box -v "$v:/vol"
  echo 'put there' >"$WORK/in.txt"
  docker cp "$WORK/in.txt" box:/vol/in.txt
  equal "$(docker exec box cat /vol/in.txt)" 'put there'
  equal "$(published)" 1
}

stop_start_restart() {
  local v=$DRIVER-restart
  make "$v"
  idle box -v "$v:/vol"
  docker exec box sh -c 'echo kept >/vol/file'
  docker stop box
  soon 5 nothing_left
  docker start box
  equal "$(docker exec box cat /vol/file)" kept
  docker restart box
  equal "$(docker exec box cat /vol/file)" kept
  equal "$(mounts_of "$v")" 1
  docker kill box
  soon 5 nothing_left
  equal "$(volume "$v" .epoch.number)" 3 # a restart lets go in between
}

failed_start_is_unmounted() {
  local v=$DRIVER-failed
  make "$v"
  says 'no such file' docker run --rm --network none -v "$v:/vol" bb:1 /no/such/program
  soon 5 nothing_left
}

# The mount of the second volume fails: the first one, which was mounted before, must go.
failed_mount_takes_the_others_along() {
  local v=$DRIVER-good
  make "$v"
  docker volume create -d polly -o "class=$DRIVER-closed" "$DRIVER-locked"
  says 'is not granted to swarm/-@node1' docker run --rm --network none -v "$v:/vol" -v "$DRIVER-locked:/vol2" bb:1 true
  soon 5 nothing_left
  says 'is not granted to swarm/-@node1' docker run --rm --network none -v "$DRIVER-locked:/abc" -v "$v:/vol" bb:1 true
  soon 5 nothing_left
}

removal_waits_for_its_users() {
  local v=$DRIVER-used
  make "$v"
  idle box -v "$v:/vol"
  says 'volume is in use' docker volume rm "$v"
  says "cannot remove volume '$v': it is attached to node 'node1', used by swarm/-@node1; stop that first" polly volume rm "$v"
  docker rm -f box
  docker volume rm "$v"
}

owner_and_mode() {
  local v=$DRIVER-owner
  make "$v" -o perm=2770 -o uid=1000 -o gid=2000
  equal "$(in_volume "$v" 'stat -c "%a %u %g" /vol')" '2770 1000 2000'
  in_volume "$v" 'touch /vol/mine' --user 1000:2000
  says 'Permission denied' in_volume "$v" 'touch /vol/theirs' --user 1001:2001
  in_volume "$v" 'chmod 0700 /vol; chown 5:6 /vol'
  equal "$(in_volume "$v" 'stat -c "%a %u %g" /vol')" '700 5 6' # given once, then it is the containers' own
}

status_while_in_use() {
  local v=$DRIVER-holder
  make "$v"
  idle box -v "$v:/vol"
  equal "$(docker volume inspect "$v" | jq -c '.[0].Status.holder')" '["node1 (swarm/-@node1)"]'
  matches "$(docker volume inspect -f '{{.Mountpoint}}' "$v")" '^/'
  contains "$(polly volume show "$v")" 'node1, epoch 1'
  docker rm -f box
  soon 5 holder_is "$v" '[]'
}
holder_is() { equal "$(docker volume inspect "$1" | jq -c '.[0].Status.holder')" "$2"; }

one_mount_only() {
  local v=$DRIVER-single
  make "$v" -o access=one-mount
  idle box -v "$v:/vol"
  says "volume '$v' is one-mount and held by swarm/-@node1 on node 'node1'" within 20 in_volume "$v" true
  docker exec box touch /vol/still-works
  docker rm -f box
  in_volume "$v" 'ls /vol/still-works'
}

for DRIVER in directory loop; do
  it "$DRIVER: a volume keeps what a container wrote" keeps_data
  it "$DRIVER: docker run makes a volume that is missing" run_makes_it
  it "$DRIVER: an unnamed volume of a --rm container goes with it" anonymous_goes_with_rm
  it "$DRIVER: an unnamed volume stays without --rm" anonymous_stays_without_rm
  it "$DRIVER: docker rm -v takes the unnamed volume and leaves the named one" rm_v_takes_anonymous_only
  it "$DRIVER: docker inspect names volume and driver" inspect_names_driver
  it "$DRIVER: a fresh volume gets what the image has, once" copies_up_once
  it "$DRIVER: nocopy copies nothing" copies_nothing_if_told
  it "$DRIVER: volumes-from shares a volume" volumes_from
  it "$DRIVER: of two containers the unmount of one leaves the other" two_containers_one_volume
  it "$DRIVER: five containers that start at once share one attachment" starting_at_once
  it "$DRIVER: one container may mount a volume twice" twice_in_one_container
  it "$DRIVER: a read-only mount is read-only" read_only
  it "$DRIVER: docker cp works on a container that never ran" cp_without_a_run
  it "$DRIVER: docker cp works beside a running container" cp_beside_a_run
  it "$DRIVER: stop, start, restart and kill come and go with the volume" stop_start_restart
  it "$DRIVER: a container that cannot start leaves nothing mounted" failed_start_is_unmounted
  it "$DRIVER: a refused mount takes the container's other mounts along" failed_mount_takes_the_others_along
  it "$DRIVER: a volume in use is not removed, and the sentence says who uses it" removal_waits_for_its_users
  it "$DRIVER: owner and permissions are given once" owner_and_mode
  it "$DRIVER: inspect tells who holds it" status_while_in_use
  it "$DRIVER: a one-mount volume has one mount" one_mount_only
done
it "what lives long is not taken for dead" long_lived_is_not_taken_for_dead
