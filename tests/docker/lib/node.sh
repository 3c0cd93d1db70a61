# shellcheck shell=bash
# The lab's node 1: commands in it, its engine, what is mounted in it.
NODE=node1

lab() { POLLY_LAB_TIMEOUT=$((60 * PATIENCE)) timeout $((120 * PATIENCE)) "$ROOT/scripts/lab" "$@"; }

# A node that was switched off is another one when it is back.
node_enter() {
  NODE_DIR=$POLLY_LAB/node1
  if kill -0 "${HOLDER:-none}" 2>/dev/null; then return 0; fi
  HOLDER=$(lab pid 1 holder 2>/dev/null) || { lab start 1 && HOLDER=$(lab pid 1 holder); }
}

# As `scripts/lab exec` does, without its half a dozen of look-ups: there are hundreds of calls. At most a minute.
in_node() {
  timeout $((60 * PATIENCE)) nsenter -t "$HOLDER" -n -m -u -C -- env DOCKER_CONFIG=/run/docker-client "$@"
}
docker() { in_node docker "$@"; }
polly() { in_node "$BIN/polly" "$@"; }
engine() { in_node curl -sS -m 20 --unix-socket /run/docker.sock "http://docker$1"; }

# A container for a moment: in_volume VOLUME COMMAND [DOCKER OPTIONS..]. The volume is at /vol, which bb:1 does not have.
in_volume() {
  local volume=$1 command=$2
  shift 2
  docker run --rm --network none "$@" -v "$volume:/vol" bb:1 sh -c "$command"
}
# One that stays, and ends at once when it is told to.
IDLE='trap "exit 0" TERM; while :; do sleep 0.1; done'
idle() {
  local name=$1
  shift
  docker run -d --network none --name "$name" "$@" bb:1 sh -c "$IDLE"
}
pid_of() { docker inspect -f '{{.State.Pid}}' "$1"; }
running() { contains "$(docker inspect -f '{{json .State}}' "$1")" '"Running":true'; }

engine_stop() { lab stop 1 dockerd; }
engine_kill() { lab kill 1; }
engine_start() {
  lab start 1
  if [[ $MODE == managed ]]; then managed_mend; fi
}
# Whether a program runs that the lab started, by the file where it keeps the number.
alive() {
  local pid rest
  { read -r pid rest <"$NODE_DIR/pids/$1"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null
}

# What of Polly is mounted, one path a line. A managed plugin's mounts appear below its propagated mount.
polly_mounts() {
  awk '$5 ~ /^\/var\/lib\/polly\/mounts\/.|\/propagated-mount\/points\/./ { print $5 }' "/proc/$HOLDER/mountinfo" | sort -u
}
published() { polly_mounts | grep -cv '/fs$' || true; }
# Loop devices of the machine whose image is one of this lab's volumes.
polly_loops() {
  local device file
  losetup --list --noheadings --raw --output NAME,BACK-FILE | while read -r device file; do
    file=${file##*/}
    if compgen -G "/proc/$HOLDER/root/var/lib/polly/pools/*/*/${file%% *}" >/dev/null; then echo "$device"; fi
  done
}
journal_entries() { find "$NODE_DIR/var-lib-polly/node/journal" -name '*.json' 2>/dev/null || true; }
