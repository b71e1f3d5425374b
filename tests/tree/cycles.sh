#!/bin/sh
# No cycles: between headers anywhere, and between sources of core (its backends aside), nn, optim and view, where X.cpp and X.h are
# one node. The gradient rules of ops call one another by nature: that of a sum repeats, that of repeating sums.
set -eu
cd "$1"
includes=$(mktemp) && trap 'rm -f "$includes" "$includes".*' EXIT
find core ops nn optim data view examples tests grus.h seq2seq -name '*.h' -o -name '*.cpp' -o -name '*.def' 2>/dev/null | sort |
  xargs grep -HE '^ *# *include *"' | sed -E 's/^([^:]*):[^"]*"([^"]*)".*/\1 \2/' >"$includes"
[ -s "$includes" ] || { echo 'failed: no includes found'; exit 1; }
wrong=0
# Edges on stdin; tsort names the nodes of each cycle.
check() {
  if ! tsort >/dev/null 2>"$includes.cycles"; then
    sed "s/^tsort: -: input contains a loop:/failed: a cycle of $1:/; s/^tsort: /  /" "$includes.cycles"
    wrong=1
  fi
}
grep '^[^ ]*\.h [^ ]*\.h$' "$includes" >"$includes.headers"
check headers <"$includes.headers"
grep -E '^(core|nn|optim|view)/' "$includes" | grep -v '^core/backends/' | sed -E 's/\.cpp /.h /' | awk '$1 != $2' >"$includes.sources"
check sources <"$includes.sources"
exit $wrong
