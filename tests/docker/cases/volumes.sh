# shellcheck shell=bash
# Volumes without containers: made, listed, looked at, removed, restored.

created_listed_removed() {
  local v=$DRIVER-plain
  equal "$(make "$v")" "$v"
  contains "$(docker volume ls --filter "driver=$PLUGIN" --format '{{.Name}} {{.Driver}}')" "$v $PLUGIN"
  contains "$(polly volume ls)" "$v"
  docker volume rm "$v"
  lacks "$(docker volume ls -q)" "$v"
  says 'no such volume' docker volume inspect "$v"
}

inspect_tells_status() {
  local v=$DRIVER-status text
  make "$v"
  text=$(docker volume inspect "$v" | jq -c '.[0] | {Scope, Driver, pool: .Status.pool, class: .Status.class, access: .Status.access, open: .Status.default_access, holder: .Status.holder, grants: .Status.grants}')
  contains "$text" '"Scope":"global"'
  contains "$text" "\"pool\":\"$DRIVER\",\"class\":\"$DRIVER-$ACCESS\",\"access\":\"one-node\",\"open\":\"$ACCESS\",\"holder\":[],\"grants\":[]"
  matches "$(docker volume inspect -f '{{.CreatedAt}}' "$v")" '^20[0-9][0-9]-'
  docker volume rm "$v"
}

unknown_name_is_an_error() {
  says 'no such volume' docker volume inspect never-made
  says 'no such volume' docker volume rm never-made
  docker volume rm -f never-made
}

# Docker asks Get first, and a name that is known ends there: other options are ignored without a word.
same_name_again() {
  local v=$DRIVER-again
  make "$v" -o perm=0700
  equal "$(make "$v" -o perm=0750)" "$v"
  equal "$(volume "$v" .permissions)" 0700
  says "cannot create volume '$v': it exists with perm 0700, not 0750" polly volume create "$v" --perm 0750
  polly volume create "$v" --perm 0700
  docker volume rm "$v"
}

name_of_another_driver() {
  local v=$DRIVER-conflict
  make "$v"
  says 'volume name must be unique' docker volume create -d local "$v"
  says 'volume name must be unique' docker volume create "$v"
  docker volume rm "$v"
}

removed_goes_to_trash() {
  local v=$DRIVER-trash id
  make "$v"
  id=$(volume "$v" .id)
  docker volume rm "$v"
  contains "$(polly volume ls --trash)" "$v"
  contains "$(polly volume ls --trash -o json | jq -r ".volumes[] | select(.id == \"$id\") | .trashed_by")" "$NODE"
  make "$v" # the name is free at once
  says "the name '$v' is taken again" polly volume restore "$id"
  polly volume restore "$id" --name "$v-old"
  soon 5 docker volume inspect "$v-old"
  equal "$(volume "$v-old" .id)" "$id"
  docker volume rm "$v" "$v-old"
}

purged_is_gone() {
  local v=$DRIVER-purge id
  make "$v"
  id=$(volume "$v" .id)
  polly volume rm "$v"
  polly volume rm --purge "$id"
  lacks "$(polly volume ls --trash -o json)" "$id"
  empty "$(find "$NODE_DIR/var-lib-polly/pools/$DRIVER" -name "*$id*")"
}

removed_behind_dockers_back() {
  local v=$DRIVER-behind
  make "$v"
  contains "$(docker volume ls -q)" "$v"
  polly volume rm "$v"
  soon 5 not_listed "$v"
  says 'no such volume' docker volume inspect "$v"
  equal "$(make "$v")" "$v"
  docker volume rm "$v"
}
not_listed() { lacks "$(docker volume ls -q)" "$1"; }

made_behind_dockers_back() {
  local v=$DRIVER-operator
  polly volume create "$v" --class "$DRIVER-$ACCESS"
  docker volume inspect "$v"
  soon 5 listed "$v"
  docker volume rm "$v"
}
listed() { contains "$(docker volume ls -q)" "$1"; }

prune_takes_none() {
  local v=$DRIVER-prune
  make "$v"
  docker volume prune -f
  docker volume inspect "$v"
  docker volume rm "$v"
}

many_at_once() {
  local n jobs=()
  for n in {1..12}; do
    make "$DRIVER-many-$n" &
    jobs+=($!)
  done
  for n in {1..6}; do
    make "$DRIVER-same" &
    jobs+=($!)
  done
  for n in "${jobs[@]}"; do wait "$n"; done
  equal "$(volumes | grep -c "^$DRIVER-many-")" 12
  equal "$(volumes | grep -c "^$DRIVER-same$")" 1
  equal "$(docker volume ls -q | grep -c "^$DRIVER-many-")" 12
  docker volume rm "$DRIVER-same" "$DRIVER-many-"{1..12}
}

for DRIVER in directory loop; do
  it "$DRIVER: a volume is made, listed and removed" created_listed_removed
  it "$DRIVER: inspect tells scope, pool, class and access" inspect_tells_status
  it "$DRIVER: the same name again is left as it is by Docker and refused by polly where it differs" same_name_again
  it "$DRIVER: a name belongs to one driver" name_of_another_driver
  it "$DRIVER: a removed volume waits in the trash and can be restored" removed_goes_to_trash
  it "$DRIVER: only a purge destroys" purged_is_gone
  it "$DRIVER: a volume removed behind Docker's back is gone for Docker too" removed_behind_dockers_back
  it "$DRIVER: a volume that an operator made is there for Docker" made_behind_dockers_back
  it "$DRIVER: docker volume prune takes none" prune_takes_none
  it "$DRIVER: many at once are all made, and one name only once" many_at_once
done
it 'a name that nobody made is an error, and rm -f forgives it' unknown_name_is_an_error
