# shellcheck shell=bash
RESTART_DRIVERS='directory loop'
for name in volumes containers stack restarts managed; do topic "$name"; done
