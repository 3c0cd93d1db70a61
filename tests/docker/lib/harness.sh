# shellcheck shell=bash
# A case is a sentence and a function:  it 'a volume keeps what a container wrote' keeps_data
#
# It runs in a shell of its own under `set -e`, in a group of its own, for at most LIMIT seconds. Whatever it leaves
# (containers, services, programs that it stopped) is put right afterwards, and nothing of Polly may be left mounted.
PASSED=0 FAILED=0 CASE_PID='' CASE_RC=0
LIMIT=60

fail() {
  echo "$*"
  exit 1
}

it() {
  local sentence=$1 log=$WORK/case.log start=$EPOCHREALTIME why=''
  shift
  if [[ ! $sentence =~ $PATTERN ]]; then return 0; fi
  : >"$log"
  run_case "$log" "$LIMIT" "$@"
  if ((CASE_RC != 0)); then why=$(reason "$log"); fi
  node_enter
  run_case "$log" 120 put_right
  if ((CASE_RC != 0)); then why=${why:-$(reason "$log")}; fi
  if [[ -z $why ]]; then
    PASSED=$((PASSED + 1))
    printf 'ok - %s (%s s)\n' "$sentence" "$(seconds_since "$start")"
    return 0
  fi
  FAILED=$((FAILED + 1))
  printf 'not ok - %s: %s (%s s)\n' "$sentence" "$why" "$(seconds_since "$start")"
  tail -n 25 "$log" | sed 's/^/#   /'
}

# Sets CASE_RC. Never call it in a condition: bash then ignores `set -e`, also in the case's own shell.
run_case() {
  local log=$1 limit=$(($2 * PATIENCE)) end=$((SECONDS + $2 * PATIENCE))
  shift 2
  set -m
  (
    set -eEuo pipefail
    trap tell_where ERR
    "$@"
  ) >>"$log" 2>&1 </dev/null &
  CASE_PID=$!
  set +m
  while kill -0 "$CASE_PID" 2>/dev/null; do
    if ((SECONDS > end)); then
      end_case
      echo "took longer than $limit s" >>"$log"
      CASE_RC=124
      return 0
    fi
    sleep 0.05
  done
  CASE_RC=0
  wait "$CASE_PID" || CASE_RC=$?
  CASE_PID=''
}

# Once, not at each level of subshells and functions: the innermost line of a case's own.
tell_where() {
  local i
  ((BASH_SUBSHELL == 1)) || return 0
  for i in "${!BASH_SOURCE[@]}"; do
    if [[ ${BASH_SOURCE[i]} == */cases/* ]]; then
      echo "(line ${BASH_LINENO[i - 1]} of ${BASH_SOURCE[i]##*/})"
      return 0
    fi
  done
}

# Ends a case that is still at work, with all that it started.
end_case() {
  [[ $CASE_PID ]] || return 0
  kill -KILL -- "-$CASE_PID" 2>/dev/null || true
  wait "$CASE_PID" 2>/dev/null || true
  CASE_PID=''
}

reason() {
  local lines
  mapfile -t lines < <(grep -v -e '^ *$' -e "^Run 'docker" "$1" | tail -n 2 | cut -c1-300)
  case ${lines[*]} in
    '') echo 'no reason was given' ;;
    *'(line '*) echo "${lines[*]}" ;;
    *) echo "${lines[-1]}" ;;
  esac
}

seconds_since() {
  local now=${EPOCHREALTIME/[.,]/} then=${1/[.,]/}
  local tenths=$(((now - then) / 100000))
  printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

summary() {
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  ((FAILED == 0))
}
