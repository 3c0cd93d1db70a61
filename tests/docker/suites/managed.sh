# shellcheck shell=bash
for name in volumes containers stack restarts managed; do topic "$name"; done
