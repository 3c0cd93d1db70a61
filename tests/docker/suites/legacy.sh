# shellcheck shell=bash
for name in ${TOPICS:-volumes options containers stack socket full away restarts live_restore joining}; do topic "$name"; done
