# shellcheck shell=bash
# A full disk under a pool, and under the coordinator's store: what was acknowledged stays.
TINY=/var/lib/polly/pools/tiny

small_disk() { in_node mount -t tmpfs -o size="$2" tmpfs "$1"; }

directory_pool_gets_full() {
  small_disk "$TINY" 8m
  docker volume create -d polly -o class=tiny-directory full-one
  in_volume full-one 'echo safe >/vol/safe; sync'
  says 'No space left' in_volume full-one 'dd if=/dev/zero of=/vol/much bs=64k count=320'
  equal "$(in_volume full-one 'cat /vol/safe')" safe
  docker volume create -d polly -o class=tiny-directory full-two # takes nothing until it is used
  says 'cannot mount volume' in_volume full-two true
  equal "$(in_volume full-one 'cat /vol/safe; rm /vol/much')" safe
  in_volume full-two true
  in_node umount "$TINY"
}

loop_pool_gets_full() {
  small_disk "$TINY" 40m
  docker volume create -d polly -o class=tiny-loop -o size=16M full-three
  in_volume full-three 'echo safe >/vol/safe; sync'
  docker volume create -d polly -o class=tiny-loop -o size=16M full-four
  says 'cannot create volume' docker volume create -d polly -o class=tiny-loop -o size=16M full-five
  lacks "$(volumes)" full-five
  # All their space was set aside: both can be filled to the brim.
  says 'No space left' in_volume full-three 'dd if=/dev/zero of=/vol/much bs=64k count=320'
  says 'No space left' in_volume full-four 'dd if=/dev/zero of=/vol/much bs=64k count=320'
  equal "$(in_volume full-three 'cat /vol/safe')" safe
  in_volume full-four 'rm /vol/much; echo works >/vol/file; sync'
  in_node umount "$TINY"
}

# A pool whose storage is not mounted must not be taken for an empty one.
pool_is_not_there() {
  local v=absent
  small_disk "$TINY" 8m
  # The pool has had volumes, so an empty disk in its place is another one.
  says 'is not there, and it has held volumes' docker volume create -d polly -o class=tiny-directory "$v"
  in_node mkdir "$TINY/polly"
  docker volume create -d polly -o class=tiny-directory "$v"
  in_node umount "$TINY"
  says "cannot mount volume '$v'" within 30 in_volume "$v" true
  small_disk "$TINY" 8m
}

# -- a coordinator of its own, on a disk of four megabytes -----------------------------------------------------------
SECOND=/var/lib/polly/second
IMAGES=/var/lib/polly/pools/second
second() { polly --coordinator unix:///run/polly/second.sock "$@"; }
second_start() {
  lab run 1 second "$BIN/polly" coordinator --config /etc/polly/second.yml
  soon 15 second status
}
second_config() {
  printf 'coordinator:\n  state: %s/state\n  listen: 127.0.0.1:7980\n  socket: /run/polly/second.sock\n' "$SECOND"
  printf '  pools:\n    images:\n      driver: loop\n      provisioning: thin\n      path: %s\n' "$IMAGES"
}
second_names() { second volume ls -o json | jq -r '.volumes[].name' | sort; }
# Each of these is there.
second_has() {
  local name
  for name in "$@"; do second_names | grep -qx "$name" || fail "'$name' is lost"; done
}
# What was begun is finished or undone: every volume is ready, and as many images are there.
second_is_settled() {
  equal "$(second volume ls -o json | jq -r '[.volumes[] | select(.state != "ready")] | length')" 0
  equal "$(in_node sh -c "ls $IMAGES/polly/*.img | wc -l")" "$(second_names | wc -l)"
}

store_gets_full() {
  local n made=(first)
  in_node mkdir -p "$SECOND" "$IMAGES"
  small_disk "$SECOND" 4m
  second_config >"$NODE_DIR/etc-polly/second.yml"
  second_start
  second volume create --size 16M first
  in_node sh -c "head -c 8000000 /dev/zero >$SECOND/filler" || true
  for n in {1..40}; do
    if second volume create --size 16M "v-$n" >"$WORK/second.log" 2>&1; then made+=("v-$n"); else break; fi
  done
  ((${#made[@]} < 40)) || fail 'the store never got full'
  matches "$(<"$WORK/second.log")" '^polly: cannot create volume .v-[0-9]+..*full'
  equal "$(wc -l <"$WORK/second.log")" 1
  second_has "${made[@]}"
  lab stop 1 second KILL
  in_node rm "$SECOND/filler"
  second_start
  second_has "${made[@]}"
  second volume create --size 16M last
  soon 20 second_is_settled
  lab stop 1 second
  in_node umount "$SECOND"
}

put_disks_right() {
  if alive second; then lab stop 1 second KILL; fi
  while in_node mountpoint -q "$SECOND"; do in_node umount -l "$SECOND"; done
  while in_node mountpoint -q "$TINY"; do in_node umount -l "$TINY"; done
}

it 'a directory pool gets full: what was written stays, what is new is refused' directory_pool_gets_full
it 'a loop pool gets full: its volumes have their space' loop_pool_gets_full
it 'a pool whose storage is not mounted is not taken for an empty one' pool_is_not_there
it 'the store gets full: what was acknowledged is there after a kill' store_gets_full
put_disks_right
