# shellcheck shell=bash
for name in ${TOPICS:-volumes containers stack restarts managed}; do topic "$name"; done
