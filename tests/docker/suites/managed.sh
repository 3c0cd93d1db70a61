# shellcheck shell=bash
for name in ${TOPICS:-volumes containers stack restarts managed joining}; do topic "$name"; done
