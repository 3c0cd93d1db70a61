# shellcheck shell=bash
# The Docker engines of the lab, the swarm they form, and the images they start with.

engine_pid() { pid_live "$(node_dir "$1")/pids/dockerd"; }

engine_start() {
  local n=$1 dir holder run
  dir=$(node_dir "$n")
  holder=$(holder_pid "$n")
  if engine_pid "$n" >/dev/null; then return 0; fi
  run=/proc/$holder/root/run
  # Left behind by a killed engine; their numbers may by now belong to other processes, which it would believe.
  rm -f "$run/docker.pid" "$run/docker/containerd/containerd.pid"
  # shellcheck disable=SC2086
  start_detached "$dir/logs/dockerd.log" node_exec "$n" env -i PATH="$PATH" HOME=/root \
    setsid dockerd --host unix:///run/docker.sock ${POLLY_LAB_DOCKERD_OPTS:-}
  pid_write "$dir/pids/dockerd" "$STARTED"
  wait_until "$PATIENCE" engine_answers_or_died "$n" ||
    die "cannot start the engine of node $n: no answer within $PATIENCE s; see $dir/logs/dockerd.log"
  engine_pid "$n" >/dev/null ||
    die "cannot start the engine of node $n: it ended at once; see $dir/logs/dockerd.log"
}
engine_answers() {
  local holder
  holder=$(holder_pid "$1") || return 1
  [[ $(curl -s -m 1 --unix-socket "/proc/$holder/root/run/docker.sock" http://docker/_ping) == OK ]]
}
engine_answers_or_died() { ! engine_pid "$1" >/dev/null || engine_answers "$1"; }

# The engine and its containerd die at once; shims, containers and plugins are left alone and go on.
engine_kill() {
  local n=$1 holder engine containerd='' pids=()
  holder=$(holder_pid "$n") || return 0
  { read -r containerd <"/proc/$holder/root/run/docker/containerd/containerd.pid"; } 2>/dev/null || true
  if engine=$(engine_pid "$n"); then pids+=("$engine"); fi
  if [[ $containerd && $(cat "/proc/$containerd/comm" 2>/dev/null) == containerd &&
    $(readlink "/proc/$containerd/ns/mnt") == "$(readlink "/proc/$holder/ns/mnt")" ]]; then pids+=("$containerd"); fi
  ((${#pids[@]})) || return 0
  kill -9 "${pids[@]}" 2>/dev/null || true
  wait_until 10 pids_gone "${pids[@]}" || die "cannot kill the engine of node $n: processes ${pids[*]} do not end; crash the node"
}
pids_gone() {
  local pid
  for pid in "$@"; do
    if proc_start "$pid" >/dev/null; then return 1; fi
  done
}

docker_on() {
  local n=$1
  shift
  in_node "$n" timeout "$PATIENCE" docker "$@"
}

# Node 1 begins the swarm. Managers join one after the other (each changes the quorum), workers all at once.
swarm_form() {
  local nodes=$1 managers=$2 worker_token manager_token n jobs=()
  docker_on 1 swarm init --advertise-addr "$(node_address 1)" >/dev/null
  worker_token=$(docker_on 1 swarm join-token -q worker)
  manager_token=$(docker_on 1 swarm join-token -q manager)
  for ((n = 2; n <= nodes; n++)); do
    if ((n <= managers)); then
      swarm_join "$n" "$manager_token"
    else
      swarm_join "$n" "$worker_token" &
      jobs+=($!)
    fi
  done
  for n in "${jobs[@]}"; do wait "$n"; done
  wait_until "$PATIENCE" swarm_ready "$nodes" ||
    { docker_on 1 node ls; die "cannot form the swarm: not all of $nodes nodes got ready within $PATIENCE s; see the engines' logs in $LAB"; }
}
swarm_join() {
  docker_on "$1" swarm join --token "$2" --advertise-addr "$(node_address "$1")" "$(node_address 1):2377"
}
swarm_ready() {
  [[ $(docker_on 1 node ls --format '{{.Status}}' | grep -c Ready) == "$1" ]]
}

# Two images out of busybox, made without any registry: bb:1, and bbdata:1 which has a file in /data.
image_tars() {
  local root=$LAB/images/root busybox applet
  busybox=$(command -v busybox)
  mkdir -p "$root"/{bin,etc,tmp,root,proc,sys,dev}
  for applet in $(busybox --list); do ln -sf busybox "$root/bin/$applet"; done
  cp --remove-destination "$busybox" "$root/bin/busybox" # it lists itself
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  tar -C "$root" -cf "$LAB/images/bb.tar" .
  mkdir "$root/data"
  echo 'from the image' >"$root/data/hello.txt"
  tar -C "$root" -cf "$LAB/images/bbdata.tar" .
  rm -rf "$root"
}
image_import() {
  local n=$1 image
  for image in bb bbdata; do
    docker_on "$n" import -c 'ENV PATH=/bin' -c 'CMD ["/bin/sh"]' "$LAB/images/$image.tar" "$image:1"
  done
}
