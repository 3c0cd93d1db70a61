# shellcheck shell=bash
# What cases expect. Each ends the case with a reason when it is not so.
# On a machine that is busy with other things all times may be stretched: POLLY_PATIENCE=3 makes three of each second.
PATIENCE=${POLLY_PATIENCE:-1}

equal() { [[ $1 == "$2" ]] || fail "expected '$2', got '$1'"; }
contains() { [[ $1 == *"$2"* ]] || fail "expected '$2' in: $1"; }
lacks() { [[ $1 != *"$2"* ]] || fail "did not expect '$2' in: $1"; }
matches() { [[ $1 =~ $2 ]] || fail "expected something like '$2', got: $1"; }
empty() { [[ -z $1 ]] || fail "expected nothing, got: $1"; }

# says TEXT CMD..: CMD fails, and says TEXT. says_like PATTERN CMD.. knows a pattern.
says() { says_what contains "$@"; }
says_like() { says_what matches "$@"; }
says_what() {
  local expectation=$1 text=$2 output
  shift 2
  if output=$("$@" 2>&1); then fail "it succeeded: $* ${output:+(it said: $output)}"; fi
  "$expectation" "$output" "$text"
}

# within SECONDS CMD..: CMD succeeds or fails, but in time. Its exit code is kept, its output shown.
within() {
  local limit=$(($1 * PATIENCE)) start=$SECONDS rc=0
  shift
  "$@" || rc=$?
  ((SECONDS - start <= limit)) || fail "took $((SECONDS - start)) s, at most $limit were expected: $*"
  return "$rc"
}

# soon SECONDS CMD..: CMD succeeds at last.
soon() {
  local end=$((SECONDS + $1 * PATIENCE))
  shift
  until ("$@") >"$WORK/soon.log" 2>&1; do
    ((SECONDS < end)) || fail "not even after a while: $*: $(tail -n 1 "$WORK/soon.log")"
    sleep 0.1
  done
}
