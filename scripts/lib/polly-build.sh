# shellcheck shell=bash
# Builds Polly, with its progress in sight. Source it after ui.sh, in the root of the repository.
#
#   polly_build PRESET LOG [TARGET...]    into build/PRESET; without targets: everything, tests included

polly_configured() { cmake --preset "$1"; }
polly_compile() {
  local preset=$1
  shift
  timeout 3600 cmake --build --preset "$preset" ${1:+--target "$@"}
}
# "120 of 345", from the last line that ninja wrote.
polly_build_detail() {
  tail -c 2000 "$1" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]' | tail -n 1 | sed 's/^\[/part /;s,/, of ,;s/]$//'
}

polly_build() {
  local preset=$1 log=$2
  shift 2
  : >"$log"
  UI_TRY="look for the first line with 'error:' or 'FAILED' in the log; 'rm -rf build/$preset' begins afresh"
  ui_step "configure the build '$preset'" "$log" polly_configured "$preset"
  UI_DETAIL=polly_build_detail
  ui_step "build '$preset'" "$log" polly_compile "$preset" "$@"
  UI_DETAIL=''
}
