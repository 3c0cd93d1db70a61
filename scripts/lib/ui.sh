# shellcheck shell=bash
# What the scripts say: steps, errors, colours. Source it; it changes nothing but defines functions.
#
#   ui_step TEXT LOG CMD...   run CMD with its output appended to LOG; one line tells how it went, and a failure
#                             ends the script. CMD may be a function; it runs under `set -e` in a subshell, so its
#                             variables are lost. Never write `ui_step ... || x`: bash then drops the `set -e`.
#   UI_TRY="..."              what a failing step advises beside the log (set it before ui_step)
#   ui_title TEXT / ui_note TEXT / ui_ok TEXT
#   ui_show CMD...            print CMD as a user would type it, run it, let its output be seen
#   die TEXT [CODE]           one sentence to stderr: "cannot X 'name': cause; what to do"

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  UI_TERMINAL=1 UI_BOLD=$'\e[1m' UI_DIM=$'\e[2m' UI_RED=$'\e[31m' UI_GREEN=$'\e[32m' UI_PLAIN=$'\e[0m'
else
  UI_TERMINAL='' UI_BOLD='' UI_DIM='' UI_RED='' UI_GREEN='' UI_PLAIN=''
fi

die() {
  echo "${0##*/}: $1" >&2
  exit "${2:-1}"
}

ui_title() { printf '\n%s%s%s\n' "$UI_BOLD" "$1" "$UI_PLAIN"; }
ui_note() { printf '%s%s%s\n' "$UI_DIM" "$1" "$UI_PLAIN"; }
ui_ok() { printf '%s%s%s\n' "$UI_GREEN" "$1" "$UI_PLAIN"; }

ui_show() {
  printf '%s$%s' "$UI_BOLD" "$UI_PLAIN"
  local word
  for word in "$@"; do
    # Quote only what a shell would need quoted: the line is for people to read and to copy.
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then printf ' %s' "$word"; else printf " '%s'" "${word//\'/\'\\\'\'}"; fi
  done
  printf '\n'
  "$@"
}

# Seconds since $1 (a value of EPOCHREALTIME), with one decimal.
ui_seconds_since() {
  local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
  local tenths=$(((now - then) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# Shows that process $1 is at work until it ends.
ui_spin() {
  local pid=$1 text=$2 start=$3 frame=0 frames="|/-\\"
  while kill -0 "$pid" 2>/dev/null; do
    printf '\r%s %s %s%s s%s ' "${frames:frame:1}" "$text" "$UI_DIM" "$(ui_seconds_since "$start")" "$UI_PLAIN"
    frame=$(((frame + 1) % 4))
    sleep 0.1
  done
  printf '\r\e[K'
}

ui_step() {
  local text=$1 log=$2 start=$EPOCHREALTIME pid rc=0
  shift 2
  mkdir -p "$(dirname "$log")"
  # A group of its own, so that an interrupt ends the whole step and not only this script.
  set -m
  (set -e; "$@") </dev/null >>"$log" 2>&1 &
  pid=$!
  set +m
  # shellcheck disable=SC2064
  trap "kill -TERM -- -$pid 2>/dev/null; echo; die \"stopped in the middle of: $text\" 130" INT TERM
  if [[ $UI_TERMINAL ]]; then ui_spin "$pid" "$text" "$start"; fi
  wait "$pid" || rc=$?
  trap - INT TERM
  if ((rc == 0)); then
    printf '%sok%s   %s %s(%s s)%s\n' "$UI_GREEN" "$UI_PLAIN" "$text" "$UI_DIM" "$(ui_seconds_since "$start")" "$UI_PLAIN"
  else
    printf '%sfail%s %s (exit code %d after %s s)\n' "$UI_RED" "$UI_PLAIN" "$text" "$rc" "$(ui_seconds_since "$start")"
    ui_explain_failure "$text" "$log"
    exit "$rc"
  fi
}

ui_explain_failure() {
  {
    echo "The step '$1' failed. The end of its log:"
    tail -n 8 "$2" 2>/dev/null | sed 's/^/    /'
    echo "Log: $2"
    echo "Try: ${UI_TRY:-read the log, cure the cause, and run ${0##*/} again.}"
  } >&2
}
