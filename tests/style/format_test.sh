#!/usr/bin/env bash
# .clang-format decides how the sources look.
# time limit: 120 s
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/../.."
wrong=$(find base core drivers swarm plugin cli tests \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 -P 2 -n 40 clang-format --dry-run 2>&1 | sed -n 's/: warning: .*//p' | cut -d: -f1 | sort -u)
if [[ $wrong ]]; then
  echo "not ok - the sources look as .clang-format says: run clang-format -i on"
  printf '#   %s\n' $wrong
  exit 1
fi
echo 'ok - the sources look as .clang-format says'
