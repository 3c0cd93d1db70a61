# shellcheck shell=bash
for name in closed services volumes; do topic "$name"; done
