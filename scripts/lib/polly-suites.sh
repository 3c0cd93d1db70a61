# shellcheck shell=bash
# Runs suites of tests one after the other, each with a time limit, a log and a line, and counts. Source it after ui.sh,
# in the root of the repository; it counts in PASSED, FAILED and COMPLAINTS, and writes below LOGS.
declare -A SUITE_LABS=() SUITE_PIDS=() # of the suites that run, by name

# Folders of tests/ that hold suites, those that build least upon others first.
suite_parts() {
  local part
  for part in style lab story docker fault; do if has_suites "$part"; then echo "$part"; fi; done
  for part in tests/*/; do
    part=$(basename "$part")
    case $part in style | lab | story | docker | fault) ;; *) if has_suites "$part"; then echo "$part"; fi ;; esac
  done
}
has_suites() { [[ ${FORMS[$1]:-} || $(suites_of "$1") ]]; }
suites_of() {
  local file
  for file in tests/"$1"/*_test.sh; do
    if [[ -f $file && -x $file ]]; then echo "$file"; fi
  done
}
suite_limit() {
  local limit
  limit=$(sed -nE '1,15s/^# time limit: ([0-9]+) s$/\1/p' "$1" | head -n 1)
  echo "${limit:-600}"
}

# Adds up what a suite's log tells: ctest's summary, or 'ok' and 'not ok' lines.
suite_count() {
  local log=$1 rc=$2 passed failed total
  total=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$log" | tail -n 1)
  if [[ $total ]]; then
    failed=${total% *} passed=$((${total#* } - ${total% *}))
  else
    passed=$(grep -cE '^ok\b' "$log") || true
    failed=$(grep -cE '^not ok\b' "$log") || true
  fi
  if ((rc != 0 && failed == 0)); then failed=1; fi
  # A suite that has looked at nothing has shown nothing.
  if ((rc == 0 && passed == 0 && failed == 0)); then failed=1; fi
  if ((rc == 0 && failed > 0)); then rc=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
  SUITE_SUMMARY="$passed passed, $failed failed"
  ((rc == 0))
}

# How far it is: the last check of a shell suite, or the last test that ctest told of.
suite_detail() { tail -n 30 "$1" 2>/dev/null | grep -E '^(ok|not ok) |^ *[0-9]+/[0-9]+ Test' | tail -n 1 | cut -c1-60; }

# suite_run NAME LOG LIMIT CMD...
suite_run() {
  local start=$EPOCHREALTIME
  suite_begin "$1" "$2" "$3" "${@:4}"
  suite_end "$1" "$2" "$3" "$start"
}

# suite_begin NAME LOG LIMIT CMD...: each in a group of its own, which ends as a whole at the limit and when this script is
# interrupted.
suite_begin() {
  local name=$1 log=$2 limit=$3
  shift 3
  : >"$log"
  set -m
  timeout -k 60 "$limit" "$@" </dev/null >"$log" 2>&1 &
  SUITE_PIDS[$name]=$!
  set +m
  trap 'kill -TERM "${SUITE_PIDS[@]}" 2>/dev/null; exit 130' INT TERM
}

# suite_end NAME LOG LIMIT START
suite_end() {
  local name=$1 log=$2 limit=$3 start=$4 pid=${SUITE_PIDS[$1]} rc=0
  # shellcheck disable=SC2034
  UI_DETAIL=suite_detail
  ui_watch "$pid" "$name" "$log" "$start"
  # shellcheck disable=SC2034
  UI_DETAIL=''
  wait "$pid" || rc=$?
  unset "SUITE_PIDS[$name]"
  suite_report "$name" "$log" "$rc" "$(ui_seconds_since "$start")" "$limit"
}
# What failed, and of each the first lines that it said.
suite_failures() {
  awk '/^not ok/ { print; left = 8; next } /^#/ && left > 0 { print; left--; next } { left = 0 }' "$1"
  grep -hE '\*\*\*(Failed|Timeout|Exception)|\[  FAILED  \]|: Failure$' "$1" | sort -u | head -n 20
}
suite_report() {
  local name=$1 log=$2 rc=$3 took=$4 why=''
  if suite_count "$log" "$rc"; then
    printf '%sok%s   %s: %s (%s s)\n' "$UI_GREEN" "$UI_PLAIN" "$name" "$SUITE_SUMMARY" "$took"
    return
  fi
  if ((rc == 124 || rc == 137)); then why=" It did not end within $5 s."; fi
  printf '%sfail%s %s: %s (exit code %d after %s s).%s Log: %s\n' "$UI_RED" "$UI_PLAIN" "$name" "$SUITE_SUMMARY" "$rc" "$took" "$why" "$log"
  suite_failures "$log" | head -n 60 | sed 's/^/     /' || true
  COMPLAINTS+=("$name: $SUITE_SUMMARY, see $log")
}

# Each suite gets a lab and a network of its own, which are removed after it whatever became of it.
suite_run_in_lab() {
  local name=${1#tests/} start=$EPOCHREALTIME
  name=${name%.sh}
  suite_begin_in_lab "$name" 79 "$1" "$1"
  suite_end_in_lab "$name" "$1" "$start"
}

# suites_run_forms SUITE FORM...: each form finds its lab up. The first, which is the longest, runs beside the others: they
# wait for times to pass more than for the machine.
suites_run_forms() {
  local suite=$1 name=${1#tests/} first=$2 first_start=$EPOCHREALTIME start form
  name=${name%.sh}
  suite_begin_form "$suite" "$first" 78
  for form in "${@:3}"; do
    start=$EPOCHREALTIME
    suite_begin_form "$suite" "$form" 79
    suite_end_in_lab "$name-$form" "$suite" "$start"
  done
  suite_end_in_lab "$name-$first" "$suite" "$first_start"
}
suite_begin_form() {
  local suite=$1 form=$2 name=${1#tests/}
  # shellcheck disable=SC2016
  suite_begin_in_lab "${name%.sh}-$form" "$3" "$suite" bash -c 'scripts/lab up 1 && exec "$@"' bash "$suite" "$form"
}

# suite_begin_in_lab NAME NETWORK SUITE CMD...
suite_begin_in_lab() {
  local name=$1 net=$2 suite=$3
  shift 3
  ((EUID == 0)) || die "cannot run '$suite': its engines need root; run it again as root, or only 'scripts/test unit'"
  SUITE_LABS[$name]=/tmp/polly-test-${name//\//-}-$$
  suite_begin "$name" "$LOGS/${name//\//-}.log" "$(suite_limit "$suite")" env "POLLY_LAB=${SUITE_LABS[$name]}" \
    "POLLY_LAB_NET=172.31.$net" "POLLY_BIN=$PWD/build/release/bin" "$@"
}
suite_end_in_lab() {
  suite_end "$1" "$LOGS/${1//\//-}.log" "$(suite_limit "$2")" "$3"
  suite_clean_up "$1"
}
suite_clean_up() {
  local lab=${SUITE_LABS[$1]}
  unset "SUITE_LABS[$1]"
  POLLY_LAB=$lab timeout 120 scripts/lab down >>"$LOGS/clean-up.log" 2>&1 ||
    echo "scripts/test: cannot remove the lab '$lab'; run 'POLLY_LAB=$lab scripts/lab down'" >&2
}
suites_clean_up() {
  local name
  for name in "${!SUITE_LABS[@]}"; do suite_clean_up "$name"; done
}
