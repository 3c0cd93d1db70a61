# shellcheck shell=bash
# What can be asked of a volume, and what is refused: one sentence, and nothing half made.

# What `docker volume create` must say to wrong options, as: refused TEXT OPTION..; nothing is left of it.
refused() {
  local text=$1 output option options=()
  shift
  for option in "$@"; do options+=(-o "$option"); done
  if output=$(docker volume create -d polly "${options[@]}" wrong 2>&1); then
    docker volume rm wrong
    fail "it was made with $*"
  fi
  contains "$output" "$text"
  equal "$(grep -c . <<<"$output")" 1
  lacks "$(volumes)" wrong
}
pool_files() { find "$NODE_DIR"/var-lib-polly/pools -mindepth 3 | sort; }

all_options_arrive() {
  local got
  docker volume create -d polly -o size=20M -o class=loop-closed -o pool=loop -o fs=ext4 -o access=one-mount \
    -o perm=0750 -o uid=1000 -o gid=2000 all-options
  got=$(volume all-options '"\(.size) \(.class) \(.pool) \(.filesystem) \(.access_mode) \(.permissions) \(.uid) \(.gid)"')
  equal "$got" '20971520 loop-closed loop ext4 one-mount 0750 1000 2000'
  docker volume rm all-options
}

unknown_option() {
  refused "cannot create volume 'wrong': there is no option 'sise'; known are size, class, pool, fs, access, perm, uid, gid" sise=1G
  refused "there is no option 'o'" o=size=1G
}

bad_sizes() {
  local size
  for size in lots -1 1.5G 18446744073709551616 10X ''; do
    refused "is no size; write a whole number and a unit, such as 512M, 10G or 2TiB" class=loop-open "size=$size"
  done
  refused 'size' class=loop-open size=0
}

too_small() {
  refused 'ext4 needs at least' class=loop-open size=1K
  refused 'xfs needs at least 300 MiB (314572800 bytes)' class=loop-open fs=xfs size=299M
  docker volume create -d polly -o class=loop-open -o fs=xfs -o size=300M enough
  docker volume rm enough
}

too_large() {
  refused "class 'little' allows at most 32 MiB" class=little size=33M
  refused "its driver has no sizes; leave the size out" class=directory-open size=33M
  refused 'only' class=loop-open size=1000T
}

unknown_places() {
  refused "there is no class 'golden'" class=golden
  refused "there is no pool 'swimming'" pool=swimming
  refused 'ext4, xfs, not zfs' class=loop-open fs=zfs
  refused "makes no filesystems" class=directory-open fs=ext4
}

bad_words() {
  refused "'exclusive' is no access mode; use one-mount, one-node, one-writer-many-readers, many-readers or many-writers" access=exclusive
  refused 'its driver has no access mode many-writers' class=loop-open access=many-writers
  refused 'permissions such as 0750' perm=rwx
  refused 'permissions such as 0750' perm=0999
  refused 'a number from 0 to 4294967294' uid=root
  refused 'a number from 0 to 4294967294' gid=-1
  refused 'a number from 0 to 4294967294' uid=18446744073709551616
}

bad_names() {
  says 'volume name' polly volume create a
  says 'volume name' polly volume create ../etc
  says 'volume name' polly volume create "$(printf 'v%.0s' {1..129})"
  says 'volume name' docker volume create -d polly "$(printf 'v%.0s' {1..129})"
}

pool_gets_full() {
  local id
  docker volume create -d polly -o pool=narrow -o size=40M narrow-one
  refused "pool 'narrow': only 24 MiB are free" pool=narrow size=40M
  docker volume create -d polly -o pool=narrow -o size=24M narrow-two
  refused "pool 'narrow': only 0 B are free" pool=narrow size=16M
  id=$(volume narrow-one .id)
  docker volume rm narrow-one
  refused "pool 'narrow': only 0 B are free" pool=narrow size=16M # in the trash it still takes its space
  polly volume rm --purge "$id"
  docker volume create -d polly -o pool=narrow -o size=40M narrow-three
  docker volume rm narrow-two narrow-three
}

status_of() { in_node curl -sS -m 20 -o /dev/null -w '%{http_code}' --unix-socket "$API" "$@"; }
create_status() { status_of -d "$1" http://polly/v1/volumes; }

api_statuses() {
  docker volume create -d polly -o class=loop-open -o size=20M api-status
  equal "$(create_status '{"name":"wrong","class":"loop-open","size":1024}')" 400
  equal "$(create_status '{"name":"wrong","size":18446744073709551616}')" 400
  equal "$(create_status '{"name":"wrong","size":"much"}')" 400
  equal "$(create_status '{"name":"wrong"')" 400
  equal "$(create_status '{"name":"wrong","pool":"swimming"}')" 404
  equal "$(create_status '{"name":"wrong","pool":"narrow","size":1073741824}')" 507
  equal "$(create_status '{"name":"api-status","size":104857600}')" 409
  equal "$(create_status '{"name":"api-status","size":20971520}')" 200
  equal "$(status_of http://polly/v1/volumes/never-made)" 404
  equal "$(in_node curl -s -k -m 20 -o /dev/null -w '%{http_code}' https://127.0.0.1:7979/v1/volumes)" 401
  equal "$(in_node curl -s -m 20 -o /dev/null -w '%{http_code}' http://127.0.0.1:7979/v1/volumes)" 400
  equal "$(head -c 10000000 /dev/zero | status_of --data-binary @- http://polly/v1/volumes)" 413
  lacks "$(volumes)" wrong
  docker volume rm api-status
}

exit_codes() {
  local rc=0
  polly volume create wrong --pool swimming || rc=$?
  equal "$rc" 5
  rc=0
  polly volume create wrong --class little --size 1T || rc=$?
  equal "$rc" 2
  rc=0
  polly volume create wrong --size 12Q || rc=$?
  equal "$rc" 2
}


it 'every option arrives' all_options_arrive
it 'an unknown option is refused by its name' unknown_option
it 'what is no size is refused' bad_sizes
it 'a size below the minimum of its filesystem is refused with that number' too_small
it 'a size above a limit is refused with that limit' too_large
it 'an unknown class, pool or filesystem is refused by its name' unknown_places
it 'a wrong access mode, wrong permissions and wrong ids are refused' bad_words
it 'a wrong name is refused' bad_names
it 'a full pool refuses with what is free, and the trash counts' pool_gets_full
it 'the API answers each mistake with its status' api_statuses
it 'the command answers each mistake with its exit code' exit_codes
