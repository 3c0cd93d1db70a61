#!/usr/bin/env bash
# Runs inside a new node's namespaces and gives it what a machine has of its own: /run, /etc, /var/lib, /opt, host
# name, boot id, control groups. All of it is mounted in this namespace only; the host's tree is not touched.
#   lab-mounts.sh NODE_DIR SHARED_DIR KEEP...     KEEP: directories that must stay visible whatever is hidden
set -euo pipefail
NODE_DIR=$1 SHARED=$2
shift 2
KEEP=("$@")

mount_table() { awk '{ print $3, $5 }' /proc/self/mountinfo; }

# The clone of the host's mount table would keep the host's loop devices, containers and runtime mounts busy.
drop_foreign_mounts() {
  local device point keep
  while read -r device point; do
    case $point in /run/* | /var/run/* | /var/lib/docker/* | /var/lib/containerd/*) ;; *) [[ $device == 7:* ]] || continue ;; esac
    for keep in "${KEEP[@]}" /usr /bin /lib; do
      if [[ $keep/ == "${point%/}"/* ]]; then continue 2; fi
    done
    umount -l "$point" 2>/dev/null || true # one that was mounted below another has gone with it
  done < <(mount_table | tac)
}

# An own, writable view of directory $1: what the host has, plus what the node writes.
private_copy() {
  local name=${1#/}
  name=$NODE_DIR/overlay/${name//\//-}
  mkdir -p "$name" "$name.work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$name,workdir=$name.work" "$1"
}

# Hides directories, then shows again what of KEEP was below them.
build_private_tree() {
  local fds=() keep fd i
  for keep in "${KEEP[@]}"; do
    exec {fd}<"$keep"
    fds+=("$fd")
  done
  private_copy /etc
  private_copy /var/lib
  private_copy /opt # containerd makes a directory there
  mount -t tmpfs -o mode=755 tmpfs /run
  for i in "${!KEEP[@]}"; do
    fd=${fds[i]}
    case ${KEEP[i]} in /etc/* | /var/lib/* | /opt/* | /run/*)
      mkdir -p "${KEEP[i]}"
      mount --no-canonicalize --rbind "/proc/self/fd/$fd" "${KEEP[i]}"
      ;;
    esac
    exec {fd}<&-
  done
}

own_directory() {
  mkdir -p "$1" "$NODE_DIR/$2"
  mount --bind "$NODE_DIR/$2" "$1"
}

# The storage that all nodes share has another real path in each node: a loop device tells it, and so its node.
shared_directory() {
  mkdir -p "$NODE_DIR/shared"
  mount --bind "$SHARED" "$NODE_DIR/shared"
  ln -sfn "$NODE_DIR/shared" /var/lib/polly-shared
}

# Control groups as seen from this node: a fresh /sys belongs to its network, and hides the host's hierarchies.
mount_cgroups() {
  local table name options
  table=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup2?$/ && $5 ~ "^/sys/fs/cgroup") print $5, $(i + 1), $(i + 3) }' /proc/self/mountinfo)
  umount -l -R /sys 2>/dev/null || true # an engine would find the host's hierarchies first in the mount table
  mount -t sysfs sysfs /sys
  if [[ $table == "/sys/fs/cgroup cgroup2"* ]]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while read -r name type options; do
    mkdir -p "$name"
    if [[ $type == cgroup2 ]]; then
      mount -t cgroup2 cgroup2 "$name"
    else
      mount -t cgroup -o "$(cgroup_options "$options")" cgroup "$name"
    fi
  done <<<"$table"
}
# Of a v1 hierarchy's options only controllers and a name identify it: "rw,xattr,name=systemd" -> "none,name=systemd".
cgroup_options() {
  local option kept=()
  for option in ${1//,/ }; do
    if [[ $option == name=* ]]; then kept+=(none "$option"); fi
    if grep -q "^${option}[[:space:]]" /proc/cgroups; then kept+=("$option"); fi
  done
  (
    IFS=,
    echo "${kept[*]}"
  )
}

identity() {
  local node=${NODE_DIR##*/}
  hostname "$node"
  mount --bind "$NODE_DIR/boot_id" /proc/sys/kernel/random/boot_id
  # These may be links into the host's /run; the copy of /etc takes plain files instead.
  rm -f /etc/resolv.conf /etc/hosts /etc/hostname /etc/machine-id
  # No registry can be reached. An unreachable name server would cost 10 s at each service and task: refuse at once.
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  echo "$node" >/etc/hostname
  cp "$NODE_DIR/hosts" /etc/hosts
  md5sum <<<"$NODE_DIR" | cut -d' ' -f1 >/etc/machine-id
}

mount --make-rprivate /
drop_foreign_mounts
mount_cgroups
build_private_tree
mkdir -p /run/lock /run/docker/plugins
own_directory /etc/docker etc-docker
own_directory /etc/polly etc-polly
own_directory /var/lib/docker var-lib-docker
own_directory /var/lib/polly var-lib-polly
shared_directory
identity
# A managed plugin hands its mounts on to the engine and to containers: every mount of the node must be shared.
mount --make-rshared /
