#!/usr/bin/env bash
# Polly under a real Docker engine, in a lab of its own. Needs root and a release build; some minutes.
# time limit: 900 s
#
#   tests/docker/run.sh legacy [PATTERN]    plugin and guard as processes of the node, volumes open to everybody
#   tests/docker/run.sh closed [PATTERN]    the same with closed volumes: every mount without a grant is refused
#   tests/docker/run.sh managed [PATTERN]   as a managed plugin of the engine
#
# PATTERN: a regular expression; only cases whose sentence matches are run.
#
#   POLLY_BIN    directory of the executables (default build/release/bin)
#   POLLY_PATIENCE  a factor for all times, on a machine that is busy with other things
#   POLLY_LAB    a fresh lab of one node that is up already; it is left as it is in the end
set -euo pipefail
HERE=$(cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")" && pwd)
ROOT=${HERE%/tests/docker}
PATH=$PATH:/usr/sbin:/sbin
for part in expect harness node polly; do
  # shellcheck source=/dev/null
  source "$HERE/lib/$part.sh"
done

SUITE=${1:-}
PATTERN=${2:-}
BIN=${POLLY_BIN:-$ROOT/build/release/bin}
case $SUITE in legacy | closed | managed) ;; *) sed -n '/^# Polly/,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; exit 2 ;; esac
for program in polly polly-node polly-guard; do
  [[ -x $BIN/$program ]] || { echo "run.sh: there is no '$BIN/$program'; build first: cmake --preset release && cmake --build --preset release" >&2; exit 2; }
done

OWN_LAB=''
if [[ -z ${POLLY_LAB:-} ]]; then
  OWN_LAB=1
  export POLLY_LAB=/tmp/polly-docker-$SUITE-$$
fi
export POLLY_LAB_NET=${POLLY_LAB_NET:-172.31.81}
WORK=$(mktemp -d /tmp/polly-docker-work.XXXXXX)

cleanup() {
  trap '' INT TERM
  end_case
  if [[ $OWN_LAB ]]; then timeout 120 "$ROOT/scripts/lab" down || true; fi
  rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

topic() {
  # shellcheck source=/dev/null
  source "$HERE/cases/$1.sh"
}

case $SUITE in managed) MODE=managed PLUGIN=polly:latest ;; *) MODE=legacy PLUGIN=polly ;; esac
case $SUITE in closed) ACCESS=closed ;; *) ACCESS=open ;; esac
if [[ $OWN_LAB ]]; then timeout 180 "$ROOT/scripts/lab" up 1; fi
node_enter
PATTERN='' it 'Polly comes up' polly_up
((FAILED == 0)) || exit 1

# shellcheck source=/dev/null
source "$HERE/suites/$SUITE.sh"
summary
