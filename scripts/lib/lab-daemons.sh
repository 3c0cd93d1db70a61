# shellcheck shell=bash
# Background programs that run inside a node under a name: their log, their pid, their end.

daemon_check_name() {
  [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ && $1 != holder && $1 != dockerd ]] ||
    die "cannot use the name '$1': letters, digits, '.', '_' and '-' only, and neither 'holder' nor 'dockerd'; choose another"
}
daemon_pid() { pid_live "$(node_dir "$1")/pids/$2"; }

daemon_run() {
  local n=$1 name=$2 dir
  shift 2
  daemon_check_name "$name"
  dir=$(node_dir "$n")
  holder_pid "$n" >/dev/null || die "cannot run '$name' on node $n: it is switched off; run 'scripts/lab start $n'"
  if daemon_pid "$n" "$name" >/dev/null; then
    die "cannot run '$name' on node $n: it runs already; stop it with 'scripts/lab stop $n $name'"
  fi
  start_detached "$dir/logs/$name.log" node_exec "$n" setsid "$@"
  pid_write "$dir/pids/$name" "$STARTED" || true # it may have ended already
  # What cannot start at all (a wrong path, a wrong option) shows within this time.
  sleep 0.1
  daemon_pid "$n" "$name" >/dev/null && return
  tail -n 5 "$dir/logs/$name.log" >&2
  die "cannot run '$name' on node $n: it ended at once; see $dir/logs/$name.log"
}

# A signal that ends programs is followed until the program has gone; any other is only sent.
daemon_stop() {
  local n=$1 name=$2 signal=${3:-TERM} pid
  pid=$(daemon_pid "$n" "$name") || return 0
  signal=${signal#SIG}
  kill -s "$signal" "$pid" || die "cannot stop '$name' on node $n: signal '$signal' was not taken; name one as in 'kill -l'"
  case $signal in
    TERM | INT | QUIT | KILL)
      wait_until 15 pids_gone "$pid" ||
        die "cannot stop '$name' on node $n: it still runs 15 s after $signal; use 'scripts/lab stop $n $name KILL'"
      rm -f "$(node_dir "$n")/pids/$name"
      ;;
  esac
}

# One line a process of the node: pid, name (ours, or the program's), memory in kB.
daemon_list() {
  local n=$1 dir pid file name
  local -A names=()
  dir=$(node_dir "$n")
  for file in "$dir"/pids/*; do
    if pid=$(pid_live "$file"); then names[$pid]=${file##*/}; fi
  done
  for pid in $(node_pids "$n"); do
    # Not $(<file): of a process that has ended it would end this shell.
    { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
    printf '%s %s %s\n' "$pid" "${names[$pid]:-$name}" "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null)"
  done
}
