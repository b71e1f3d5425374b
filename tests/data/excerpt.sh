#!/bin/sh
# The kept script gives the committed excerpt from the public file. Usage: excerpt.sh SOURCE_ROOT FRA_TXT
[ -f "$2" ] || { echo "no data"; exit 77; }
exec python3 "$1/examples/translate/data/make_excerpt.py" "$2" --check
