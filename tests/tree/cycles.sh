#!/bin/sh
# No cycles of includes: between headers, and between units. A unit is X.h, X.cpp and those X_*.h and X_*.cpp that X.h names (units.sh);
# a source of another name stands above its header, as what opens a Device does, or the methods of Tensor that are ops.
# The gradient rules of a few ops call one another by nature (the gradient of a sum repeats, that of repeating sums): `knot` is one unit.
set -eu
knot=' ops/math/accumulate.h ops/math/elementwise.h ops/math/index.h ops/math/matmul.h ops/math/reduce.h ops/math/shape.h '
units=$(cd "$(dirname "$0")" && pwd)/units.sh
cd "$1"
includes=$(mktemp) && trap 'rm -f "$includes" "$includes".*' EXIT
find core parallel ops nn optim report metrics training data options page formats language seq2seq tasks examples deploy tests grus.h -name '*.h' -o -name '*.cpp' -o -name '*.def' | sort |
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
sh "$units" . list >"$includes.named"
awk -v named="$includes.named" -v knot="$knot" '
  function unit(file) {
    if (file in member) file = member[file]
    sub(/\.cpp$/, ".h", file)
    return index(knot, " " file " ") ? "the knot of ops" : file
  }
  BEGIN {
    while ((getline line <named) > 0) {
      split(line, part, " ")
      stem = part[1]; sub(/\.h$/, "_", stem)
      if (index(part[2], stem) == 1) member[part[2]] = part[1]
    }
  }
  { from = unit($1); to = unit($2); gsub(/ /, "-", from); gsub(/ /, "-", to); if (from != to) print from, to }' "$includes" >"$includes.units"
check units <"$includes.units"
exit $wrong
