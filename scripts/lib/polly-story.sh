# shellcheck shell=bash
# The means by which scripts/hello tells its story: typed commands, waits and claims. Source it after polly-lab.sh.
#
#   story_type NODE CMD...     print CMD behind the node's prompt, run it there, show and keep what came back
#   story_wait TEXT S CMD...   wait up to S seconds until CMD succeeds; a line tells what was waited for
#   story_claim TEXT CMD...    CMD must succeed now; a line tells what is proven
#   story_said TEXT            the last typed command's output contains TEXT
#
# A failure ends the script with the step, the log, and what to try.
STORY_OUTPUT=''  # of the last typed command

story_log() { echo "$(polly_lab_dir)/story.log"; }

story_type() {
  local n=$1 rc=0
  shift
  ui_typed "node$n\$" "$@"
  STORY_OUTPUT=$(timeout 90 "$POLLY_ROOT/scripts/lab" exec "$n" env PATH="$POLLY_BIN:$PATH" "$@" 2>&1 </dev/null) || rc=$?
  if [[ $STORY_OUTPUT ]]; then printf '%s\n' "$STORY_OUTPUT"; fi
  { ui_typed "node$n\$" "$@" && printf '%s\n' "$STORY_OUTPUT"; } >>"$(story_log)"
  ((rc == 0)) || story_fail "$*" "it ended with exit code $rc"
}
# The same, for what must not succeed.
story_type_refused() {
  local n=$1
  shift
  ui_typed "node$n\$" "$@"
  if STORY_OUTPUT=$(timeout 90 "$POLLY_ROOT/scripts/lab" exec "$n" env PATH="$POLLY_BIN:$PATH" "$@" 2>&1 </dev/null); then
    story_fail "$*" 'it succeeded, and must not'
  fi
  printf '%s\n' "$STORY_OUTPUT"
  { ui_typed "node$n\$" "$@" && printf '%s\n' "$STORY_OUTPUT"; } >>"$(story_log)"
}

story_said() {
  [[ $STORY_OUTPUT == *"$1"* ]] || { echo "'$1' is not in what came back:" && echo "$STORY_OUTPUT" && return 1; }
}
story_equal() { [[ $1 == "$2" ]] || { echo "expected '$2', got '$1'" && return 1; }; }

story_advice() {
  echo "Try: $UI_TRY"
  echo "The lab is still up: 'scripts/hello --shell 1' opens a shell on node1, 'scripts/hello --down' ends it all."
}
story_fail() {
  {
    echo "${UI_RED}fail${UI_PLAIN} $1: $2"
    echo "Log: $(story_log); daemons: scripts/lab logs NODE coordinator, plugin or guard"
    story_advice
  } >&2
  polly_logs 2 >>"$(story_log)" 2>&1
  exit 1
}

# A step of ui_step whose failure also puts the daemons' last words into the log.
story_waited() {
  local seconds=$1
  shift
  polly_await "$seconds" "$@" >"$(polly_lab_dir)/last-try" 2>&1 && return
  polly_logs 2
  polly_on 1 docker service ps --no-trunc writer || true
  polly_on 1 docker service ps --no-trunc reader || true
  cat "$(polly_lab_dir)/last-try"
  echo "not within $seconds s"
  return 1
}
story_wait() {
  local text=$1
  shift
  ui_step "$text" "$(story_log)" story_waited "$@"
}
story_claim() {
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then
    ui_ok "  holds: $text"
  else
    printf '%s\n' "$output" >&2
    story_fail "$text" 'the claim does not hold'
  fi
}

# -- What is so in the swarm ------------------------------------------------------------------------------------------

# The full name of a service's running container on a node, as its engine sees it.
container_on() {
  polly_on "$1" docker ps --format '{{.Names}}' --filter "label=com.docker.swarm.service.name=$2" --filter status=running | head -n 1
}
runs_on() { [[ $(container_on "${2#node}" "$1") ]]; }
file_has() { polly_on "$1" docker exec "$(container_on "$1" "$2")" grep -qxF "$4" "$3"; }

volume_is_held() { # VOLUME NODE EPOCH, by one holder that is through with attaching
  local held
  held=$(polly_on 1 polly volume show "$1" -o json |
    jq -r '[.attachments[] | "\(.node) \(.state) \(.epoch.number)"] | join(", ")')
  story_equal "$held" "$2 attached $3"
}
# A task of service $1 on node $2 ended with an error that contains $3.
task_said() {
  local errors
  errors=$(polly_on 1 docker service ps --no-trunc --format '{{.Node}} {{.Error}}' "$1")
  grep -F "$2 " <<<"$errors" | grep -qF "$3" || { echo "'$3' is not in:" && echo "$errors" && return 1; }
}

# -- What the recorder saw --------------------------------------------------------------------------------------------

recorder_file() { echo "$(polly_lab_dir)/recorder.txt"; }
# A child of this script; it also ends by itself with the nodes.
recorder_start() {
  : >"$(recorder_file)"
  python3 "$POLLY_ROOT/scripts/lib/polly-recorder.py" "$(polly_lab_dir)" \
    "node1=$(polly_lab pid 1 holder)" "node2=$(polly_lab pid 2 holder)" >"$(recorder_file)" 2>&1 </dev/null &
  RECORDER=$!
  polly_await 5 grep -q started "$(recorder_file)" || story_fail 'the recorder' "it does not start; see $(recorder_file)"
}
recorder_stop() {
  kill "$RECORDER" 2>/dev/null || true
  wait "$RECORDER" 2>/dev/null || true
  RECORDER=''
}

# Lines "WHEN WHAT": the last that left node $1 and the first that came to node $2, for devices and mounts; fails when
# node $2 had anything before node $1 had nothing.
recorder_handover() {
  awk -v from="$1" -v to="$2" '
    $2 == from && $3 ~ /^-/ { left[substr($3, 2)] = $1; if (came_first) early = 1 }
    $2 == from && $3 ~ /^\+/ { had[substr($3, 2)] = 1; delete left[substr($3, 2)] }
    $2 == to && $3 ~ /^\+/ { what = substr($3, 2); if (!(what in came)) came[what] = $1; came_first = 1 }
    END {
      for (what in had) if (!(what in left)) early = 1
      start = left["mount"]
      printf "%+.3f s  %s: unmounted\n%+.3f s  %s: device gone\n", 0, from, left["device"] - start, from
      printf "%+.3f s  %s: device there\n%+.3f s  %s: mounted\n", came["device"] - start, to, came["mount"] - start, to
      exit early || !("mount" in had && "device" in had && "mount" in came && "device" in came)
    }' "$(recorder_file)"
}
# The coordinator wrote down that the volume had left node $2 before it gave it to node $3.
events_in_order() {
  polly_on 1 polly event ls --volume "$1" -o json | jq -e --arg from "from node $2" --arg to "to node $3," '
    ([.events[] | select(.kind == "volume.detached" and .text == $from)] | last | .at) as $left |
    ([.events[] | select(.kind == "volume.attached" and (.text | startswith($to)))] | last | .at) as $came |
    $left != null and $came != null and $left <= $came'
}
