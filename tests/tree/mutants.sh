#!/bin/sh
# ./dev mutants can begin: the lines that it patches stand, and survivors.txt explains only mutants that there are.
cd "$1" || exit 1
[ -n "$(git -c safe.directory='*' ls-files 2>/dev/null)" ] || { echo 'skipped: not a git checkout'; exit 77; }
error=$(python3 tests/mutants/mutants.py --list 2>&1 >/dev/null) || { printf '%s\n' "$error" | sed 's/^/failed: /'; exit 1; }
