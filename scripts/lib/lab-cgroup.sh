# shellcheck shell=bash
# Control groups of the lab: one per node in every hierarchy, cgroup v1 and v2. A node's processes never leave it
# (its engine sees it as the root, by a cgroup namespace), so it tells whom to kill at a crash, all at once.

# Lines "TYPE MOUNTPOINT" of the hierarchies that this machine has.
cgroup_hierarchies() {
  awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/ && $5 ~ "^/sys/fs/cgroup") print $(i + 1), $5 }' \
    /proc/self/mountinfo | sort -u
}

# The hierarchy that can freeze, as "TYPE MOUNTPOINT".
cgroup_tracker() {
  local type root fallback=''
  while read -r type root; do
    [[ $type == cgroup && ! -e $root/$LAB_ID/freezer.state ]] && continue
    fallback="$type $root"
    if [[ $type == cgroup ]]; then break; fi
  done < <(cgroup_hierarchies)
  [[ $fallback ]] && echo "$fallback"
}

# Makes the group $1 (relative to the lab's) everywhere.
cgroup_make() {
  local type root dir controller
  while read -r type root; do
    for dir in "$root/$LAB_ID" "$root/$LAB_ID/$1"; do
      mkdir -p "$dir"
      # A new cpuset is empty and would take no process.
      if [[ -e $dir/cpuset.mems && $type == cgroup ]]; then
        cat "${dir%/*}/cpuset.cpus" >"$dir/cpuset.cpus"
        cat "${dir%/*}/cpuset.mems" >"$dir/cpuset.mems"
      fi
    done
    if [[ $type == cgroup2 ]]; then
      # Limits of a container need the controllers here; a kernel may refuse some, and the engine copes.
      for controller in $(<"$root/$LAB_ID/cgroup.controllers"); do
        echo "+$controller" >"$root/$LAB_ID/cgroup.subtree_control" || true
      done
      # In version 2 a group that shares out controllers holds no processes itself.
      mkdir -p "$root/$LAB_ID/$1/system"
    fi
  done < <(cgroup_hierarchies)
}

# Moves process $2 into the group $1. With "root" as $3: to where a node's cgroup namespace shall have its root.
cgroup_join() {
  local type root dir
  while read -r type root; do
    dir=$root/$LAB_ID/$1
    if [[ $type == cgroup2 && ${3:-} != root ]]; then dir+=/system; fi
    echo "$2" >"$dir/cgroup.procs"
  done < <(cgroup_hierarchies)
}

# Every process in the group $1 and below ("" is the whole lab).
cgroup_pids() {
  local type root
  while read -r type root; do
    find "$root/$LAB_ID/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done < <(cgroup_hierarchies) | sort -un
}

cgroup_empty() { [[ -z $(cgroup_pids "$1") ]]; }

# Stops ($2 is on) or continues (off) all processes of a group at once.
cgroup_freeze() {
  local type root dir
  read -r type root < <(cgroup_tracker) || return 0
  dir=$root/$LAB_ID/$1
  [[ -d $dir ]] || return 0
  if [[ $type == cgroup2 ]]; then
    if [[ $2 == on ]]; then echo 1; else echo 0; fi >"$dir/cgroup.freeze"
  elif [[ $2 == on ]]; then
    echo FROZEN >"$dir/freezer.state"
    # A process stuck in the kernel delays the freeze; it cannot act either, so one second is enough.
    wait_until 1 grep -q FROZEN "$dir/freezer.state" || true
  else
    echo THAWED >"$dir/freezer.state"
  fi
}

# Kills a group as a power loss would: nobody in it sees another one die.
cgroup_kill() {
  local pids
  cgroup_freeze "$1" on
  mapfile -t pids < <(cgroup_pids "$1")
  if ((${#pids[@]})); then kill -9 "${pids[@]}" 2>/dev/null || true; fi
  cgroup_freeze "$1" off
  wait_until 10 cgroup_killed "$1"
}
cgroup_killed() {
  local pids
  mapfile -t pids < <(cgroup_pids "$1")
  ((${#pids[@]})) || return 0
  kill -9 "${pids[@]}" 2>/dev/null || true
  return 1
}

cgroup_dirs() {
  local type root
  while read -r type root; do
    find "$root/$LAB_ID/$1" -depth -type d 2>/dev/null || true
  done < <(cgroup_hierarchies)
}
cgroup_removed() {
  cgroup_dirs "$1" | xargs -r rmdir 2>/dev/null || true
  [[ -z $(cgroup_dirs "$1") ]]
}
# The kernel lets go of a group a moment after its last process.
cgroup_remove() { wait_until 5 cgroup_removed "${1:-}"; }
