# shellcheck shell=bash
RESTART_DRIVERS='directory loop'
for name in volumes options containers stack socket full away restarts live_restore; do topic "$name"; done
