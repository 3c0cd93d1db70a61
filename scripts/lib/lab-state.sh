# shellcheck shell=bash
# Where the lab keeps what it knows: names, directories, and processes that are recorded so that no other is ever hit.

LAB=${POLLY_LAB:-/tmp/polly-lab}
NET=${POLLY_LAB_NET:-172.31.77}
# How long one step of an engine (start, join, import) may take, in seconds.
PATIENCE=${POLLY_LAB_TIMEOUT:-60}
MARK=$LAB/.polly-lab # we remove only a directory that bears this

lab_check_settings() {
  [[ $LAB =~ ^(/[A-Za-z0-9._-]+){2,}$ && $LAB != *..* ]] ||
    die "cannot use POLLY_LAB '$LAB': an absolute path of at least two parts is needed, of letters, digits, '.', '_' and '-'; choose for example /tmp/polly-lab"
  # Nodes see private copies of the first three, which cannot be built from a directory below themselves.
  case $LAB in /etc/* | /var/lib/* | /opt/* | /proc/* | /sys/* | /dev/*)
    die "cannot use POLLY_LAB '$LAB': nodes have an own copy of what it lies in; choose a place such as /tmp/polly-lab"
    ;;
  esac
  [[ $NET =~ ^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$ ]] ||
    die "cannot use POLLY_LAB_NET '$NET': three numbers are needed; write for example POLLY_LAB_NET=172.31.77"
  ((EUID == 0)) || die "cannot run the lab: not root; run it again as root"
  # Two labs on one machine differ in directory, hence in this name.
  LAB_ID=polly-lab-$(cksum <<<"$LAB" | cut -d' ' -f1)
}

node_dir() { echo "$LAB/node$1"; }
node_address() { echo "$NET.$((10 + $1))"; }
# The numbers of all nodes there are, in order.
node_list() {
  local dir
  for dir in "$LAB"/node[0-9]*/; do [[ -d $dir ]] && basename "$dir" | cut -c5-; done | sort -n
}

need_node() {
  [[ -e $MARK ]] || die "cannot find the lab '$LAB': it is not up; run 'scripts/lab up 2'"
  [[ $1 =~ ^[0-9]+$ && -d $(node_dir "$1") ]] ||
    die "cannot find node '$1': this lab has $(node_list | paste -sd' '); name one of these"
}

# A process is recorded with its start time: a number alone may belong to somebody else later.
proc_start() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}
pid_write() { echo "$2 $(proc_start "$2")" >"$1"; }
# Prints the pid recorded in file $1 while that very process lives.
pid_live() {
  local pid start
  { read -r pid start <"$1"; } 2>/dev/null || return 1
  [[ $start && $(proc_start "$pid") == "$start" ]] && echo "$pid"
}

holder_pid() { pid_live "$(node_dir "$1")/pids/holder"; }
switch_pid() { pid_live "$LAB/switch.pid"; }

# Calls a function until it succeeds, at most $1 seconds long.
wait_until() {
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.03
  done
}

# Starts $2... in the background, in a session of its own, and writes its output to file $1. No file descriptor of
# the caller goes along: a pipe held open by a daemon makes `scripts/lab up | cat` wait for ever.
# Sets STARTED to its pid.
start_detached() {
  local log=$1
  shift
  (
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
    "$@"
  ) </dev/null >>"$log" 2>&1 &
  STARTED=$!
}
