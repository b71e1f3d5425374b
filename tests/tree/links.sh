#!/bin/sh
# Every link of a page to a file or folder of the tree finds it. Code, fenced or between backticks, has no links.
cd "$1" || exit 1
pages=$(git -c safe.directory='*' ls-files -co --exclude-standard '*.md' 2>/dev/null)
[ -n "$pages" ] || { echo 'skipped: not a git checkout'; exit 77; }
links=$(printf '%s\n' "$pages" | tr '\n' '\0' | xargs -0 awk '
  FNR == 1 { fenced = 0 }
  /^ *```/ { fenced = !fenced; next }
  fenced { next }
  {
    text = $0
    gsub(/`[^`]*`/, "code", text)
    while (match(text, /\]\([^)]+\)/)) {
      to = substr(text, RSTART + 2, RLENGTH - 3)
      text = substr(text, RSTART + RLENGTH)
      sub(/#.*/, "", to)
      if (to != "" && to !~ /^[a-z]+:/) print FILENAME ":" FNR " " to
    }
  }')
[ -n "$links" ] || { echo 'failed: no links found'; exit 1; }
wrong=0
while read -r place to; do
  page=${place%:*}
  case $page in */*) folder=${page%/*} ;; *) folder=. ;; esac
  [ -e "$folder/$to" ] || { echo "failed: $place: need a file or folder, got the link $to"; wrong=1; }
done <<END
$links
END
exit $wrong
