#!/bin/sh
# A comment stands without the line above: none begins "The same", "Of" or "Those", and no line of one is a number alone.
cd "$1" || exit 1
files=$(git -c safe.directory='*' ls-files -co --exclude-standard 2>/dev/null | grep -E '\.(h|cpp|def|cl|cu|cuh)$')
[ -n "$files" ] || { echo 'skipped: not a git checkout'; exit 77; }
printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 awk '
  FNR == 1 { within = 0 }
  {
    comment = /^[ \t]*\/\/\/?( |$)/
    text = $0; sub(/^[ \t]*\/\/\/? */, "", text)
    if (comment && (!within && text ~ /^(The same|Of|Those) / || text ~ /^[0-9]+\.?$/)) {
      print "failed: " FILENAME ":" FNR ": need a sentence that stands without the line above, got: " text; wrong++
    }
    within = comment
  }
  END { exit wrong > 0 }'
