#!/bin/sh
# No cycles: neither between headers, nor between sources where X.cpp and X.h are one node, as a library is linked.
# tsort names the files of each cycle.
set -eu
cd "$1"
includes=$(mktemp) && trap 'rm -f "$includes"' EXIT
find core ops nn optim data view examples grus.h -name '*.h' -o -name '*.cpp' -o -name '*.def' | sort |
  xargs grep -HE '^ *# *include *"' | sed -E 's/^([^:]*):[^"]*"([^"]*)".*/\1 \2/' >"$includes"
[ -s "$includes" ] || { echo 'failed: no includes found'; exit 1; }
wrong=0
check() {  # edges on stdin
  cycles=$(tsort 2>&1 >/dev/null) || { printf '%s\n' "$cycles" | sed "s|^tsort: *|failed: $1: |; s|-: input contains a loop:|these include one another:|"; wrong=1; }
}
grep '^[^ ]*\.h ' "$includes" | check headers
