#!/bin/sh
# The lines that docs/kit.md counts are those of examples/kit, and no program there has more than 60.   kit.sh ROOT
set -eu
cd "$1"
wrong=0
for program in examples/kit/*.cpp; do
  name=$(basename "$program" .cpp) lines=$(wc -l <"$program") other=$(wc -l <"examples/kit/$name.py" 2>/dev/null || echo 0)
  [ "$lines" -le 60 ] || { echo "failed: $program: need at most 60 lines, got $lines"; wrong=1; }
  awk -F'|' -v name="$name" -v lines="$lines" -v other="$other" '
    index($2, "[`" name "`]") { found = $4 + 0 == lines && $6 + 0 == other }
    END { exit !found }' docs/kit.md ||
    { echo "failed: docs/kit.md: need a row of $name with $lines and $other lines"; wrong=1; }
done
exit $wrong
