# shellcheck shell=bash
# What the scripts say: steps, errors, colours. Source it; it changes nothing but defines functions.
#
#   ui_step TEXT LOG CMD...   run CMD with its output appended to LOG; one line tells how it went, and a failure
#                             ends the script. CMD may be a function; it runs under `set -e` in a subshell, so its
#                             variables are lost. Never write `ui_step ... || x`: bash then drops the `set -e`.
#   UI_TRY="..."              what a failing step advises beside the log (set it before ui_step)
#   UI_DETAIL=FUNCTION        FUNCTION LOG prints how far a running step is; it is shown beside the time
#   ui_title TEXT / ui_note TEXT / ui_ok TEXT
#   ui_show CMD...            print CMD as a user would type it, run it, let its output be seen
#   ui_typed PROMPT CMD...    print it only, behind a prompt
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

# Quotes only what a shell would need quoted: the line is for people to read and to copy.
ui_typed() {
  local word
  printf '%s%s%s' "$UI_BOLD" "$1" "$UI_PLAIN"
  shift
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then printf ' %s' "$word"; else printf " '%s'" "${word//\'/\'\\\'\'}"; fi
  done
  printf '\n'
}
ui_show() {
  ui_typed '$' "$@"
  "$@"
}

# Seconds since $1 (a value of EPOCHREALTIME), with one decimal.
ui_seconds_since() {
  local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
  local tenths=$(((now - then) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# Shows that process $1 is at work until it ends: a spinner on a terminal, otherwise a line now and then.
ui_watch() {
  local pid=$1 text=$2 log=$3 start=$4 frame=0 frames="|/-\\" detail='' next=$((SECONDS + 15))
  while kill -0 "$pid" 2>/dev/null; do
    if [[ $UI_TERMINAL ]]; then
      if [[ ${UI_DETAIL:-} ]] && ((frame % 4 == 0)); then detail=" $("$UI_DETAIL" "$log")"; fi
      printf '\r\e[K%s %s %s%s s%s%s ' "${frames:frame % 4:1}" "$text" "$UI_DIM" "$(ui_seconds_since "$start")" "$detail" "$UI_PLAIN"
      frame=$((frame + 1))
    elif ((SECONDS >= next)); then
      if [[ ${UI_DETAIL:-} ]]; then detail=", $("$UI_DETAIL" "$log")"; fi
      printf '...  %s (%s s%s)\n' "$text" "$(ui_seconds_since "$start")" "$detail"
      next=$((SECONDS + 15))
    fi
    sleep 0.1
  done
  if [[ $UI_TERMINAL ]]; then printf '\r\e[K'; fi
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
  ui_watch "$pid" "$text" "$log" "$start"
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
