# shellcheck shell=bash
# Runs suites of tests one after the other, each with a time limit, a log and a line, and counts. Source it after ui.sh,
# in the root of the repository; it counts in PASSED, FAILED and COMPLAINTS, and writes below LOGS.
SUITE_LAB='' # the lab of the suite that runs

# Folders of tests/ that hold suites, those that build least upon others first.
suite_parts() {
  local part
  for part in lab story docker fault; do if has_suites "$part"; then echo "$part"; fi; done
  for part in tests/*/; do
    part=$(basename "$part")
    case $part in lab | story | docker | fault) ;; *) if has_suites "$part"; then echo "$part"; fi ;; esac
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

# Adds up what a suite's log tells: ctest's summary, 'ok' and 'not ok' lines, or nothing but its exit code.
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
  if ((rc == 0 && passed == 0 && failed == 0)); then passed=1; fi
  if ((rc == 0 && failed > 0)); then rc=1; fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed))
  SUITE_SUMMARY="$passed passed, $failed failed"
  ((rc == 0))
}

# How far it is: the last check of a shell suite, or the last test that ctest told of.
suite_detail() { tail -n 30 "$1" 2>/dev/null | grep -E '^(ok|not ok) |^ *[0-9]+/[0-9]+ Test' | tail -n 1 | cut -c1-60; }

# suite_run NAME LOG LIMIT CMD...
suite_run() {
  local name=$1 log=$2 limit=$3 start=$EPOCHREALTIME pid rc=0
  shift 3
  : >"$log"
  # A group of its own, which ends as a whole at the limit and when this script is interrupted.
  set -m
  timeout -k 60 "$limit" "$@" </dev/null >"$log" 2>&1 &
  pid=$!
  set +m
  # shellcheck disable=SC2064
  trap "kill -TERM $pid 2>/dev/null; exit 130" INT TERM
  # shellcheck disable=SC2034
  UI_DETAIL=suite_detail
  ui_watch "$pid" "$name" "$log" "$start"
  # shellcheck disable=SC2034
  UI_DETAIL=''
  wait "$pid" || rc=$?
  trap - INT TERM
  suite_report "$name" "$log" "$rc" "$(ui_seconds_since "$start")" "$limit"
}
suite_report() {
  local name=$1 log=$2 rc=$3 took=$4 why=''
  if suite_count "$log" "$rc"; then
    printf '%sok%s   %s: %s (%s s)\n' "$UI_GREEN" "$UI_PLAIN" "$name" "$SUITE_SUMMARY" "$took"
    return
  fi
  if ((rc == 124 || rc == 137)); then why=" It did not end within $5 s."; fi
  printf '%sfail%s %s: %s (exit code %d after %s s).%s Log: %s\n' "$UI_RED" "$UI_PLAIN" "$name" "$SUITE_SUMMARY" "$rc" "$took" "$why" "$log"
  grep -hE '^not ok\b|\*\*\*(Failed|Timeout|Exception)|\[  FAILED  \]' "$log" | sort -u | head -n 20 | sed 's/^/     /' || true
  COMPLAINTS+=("$name: $SUITE_SUMMARY, see $log")
}

# Each suite gets a lab of its own, which is removed after it whatever became of it. Where a form is given it is up.
suite_run_in_lab() {
  local suite=$1 form=${2:-} name command=("$1")
  # shellcheck disable=SC2016
  if [[ $form ]]; then command=(bash -c 'scripts/lab up 1 && exec "$@"' bash "$suite" "$form"); fi
  name=${suite#tests/} name=${name%.sh}${form:+-$form}
  ((EUID == 0)) || die "cannot run '$suite': its engines need root; run it again as root, or only 'scripts/test unit'"
  SUITE_LAB=/tmp/polly-test-${name//\//-}-$$
  export POLLY_LAB=$SUITE_LAB POLLY_LAB_NET=172.31.79 POLLY_BIN=$PWD/build/release/bin
  suite_run "$name" "$LOGS/${name//\//-}.log" "$(suite_limit "$suite")" "${command[@]}"
  suites_clean_up
}
suites_clean_up() {
  [[ $SUITE_LAB ]] || return 0
  POLLY_LAB=$SUITE_LAB timeout 120 scripts/lab down >>"$LOGS/clean-up.log" 2>&1 ||
    echo "scripts/test: cannot remove the lab '$SUITE_LAB'; run 'POLLY_LAB=$SUITE_LAB scripts/lab down'" >&2
  SUITE_LAB=''
}
