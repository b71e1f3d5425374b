#!/bin/sh
# gallery.sh ROOT BUILD: the gallery of one quick program is made, and its site checked (check_site.py).
set -eu
root=$1 build=$2
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
python3 "$root/examples/gallery/gallery.py" --build "$build" --only add --out "$folder/site"
[ -f "$folder/site/add/add-demo/report.html" ] || { echo 'failed: the demo of add has no report'; exit 1; }
if python3 "$root/examples/gallery/gallery.py" --build "$build" --only nothing --out "$folder/site" 2>"$folder/said"; then exit 1; fi
grep -q -- '--only: need one of .*add' "$folder/said"
python3 "$root/tests/gallery/check_site.py" "$folder/site"
