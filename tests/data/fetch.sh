#!/bin/sh
# Runs ./dev data with local mirrors: a toy set made here; with a second argument, the real sums against that folder's
# files.
set -eu
script=$1/data/fetch/fetch.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $*"; exit 1; }

if [ $# = 2 ]; then
  status=77
  for set in $("$script" | sed 's/:.*//'); do
    [ -d "$2/$set" ] || continue
    GRUS_DATA_MIRROR=$2 "$script" "$set" "$work/$set" >/dev/null || fail "$set: the kept sums are not those of the files"
    status=0
  done
  [ $status = 0 ] || echo 'skipped: no data'
  exit $status
fi

mkdir -p "$work/sets" "$work/a mirror/toy/tok" "$work/source/data/task1"
cp "$script" "$work/sets/"
echo 'one' >"$work/a mirror/toy/tok/a.de"
echo 'two' >"$work/a mirror/toy/tok/a.en"
cp -R "$work/a mirror/toy/tok" "$work/source/data/task1/"
cat >"$work/sets/toy.txt" <<END
about    Toy: two lines
licence  none needed
source   file://$work/source
path     data/task1
use      train DIR/tok/a.de
sha256   2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  tok/a.de
sha256   27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a  tok/a.en
END
fetch() { "$work/sets/fetch.sh" "$@" >"$work/stdout" 2>"$work/stderr"; }
export GRUS_DATA_MIRROR

for GRUS_DATA_MIRROR in "$work/a mirror" "$work/a mirror/toy" "$work/source" "file://$work/source"; do
  fetch toy "$work/out" || fail "mirror $GRUS_DATA_MIRROR: $(cat "$work/stderr")"
  [ "$(cat "$work/out/tok/a.de" "$work/out/tok/a.en")" = "$(printf 'one\ntwo')" ] || fail 'wrong files'
  grep -q '^licence: none needed$' "$work/stdout" || fail 'the licence is not told'
  grep -q "train $work/out/tok/a.de" "$work/stdout" || fail 'the use is not told'
  [ "$(ls -A "$work/out")" = tok ] || fail 'something is left over'
  rm -rf "$work/out"
done
mkdir -p "$work/packed/tok"
gzip -c "$work/a mirror/toy/tok/a.de" >"$work/packed/tok/a.de.gz"
cp "$work/a mirror/toy/tok/a.en" "$work/packed/tok/"
GRUS_DATA_MIRROR=$work/packed
fetch toy "$work/out" || fail "a mirror that keeps a file packed: $(cat "$work/stderr")"
[ "$(ls -A "$work/out/tok" | tr '\n' ' ')" = 'a.de a.en ' ] || fail 'a packed file is not unpacked alone'
rm -rf "$work/out"
mkdir "$work/source/data/task1/old"
printf 'o\360e\n' >"$work/source/data/task1/old/name.de"
sed 's|^sha256 .*a.de$|original tok/a.de old/name.de\nspaces   tok/a.de 360\nsha256   SUM  tok/a.de|' "$work/sets/toy.txt" |
  sed "s|SUM|$(printf 'o e\n' | sha256sum | cut -d ' ' -f 1)|" >"$work/sets/renamed.txt"
mv "$work/source/data/task1/tok/a.de" "$work/source/data/task1/tok/kept.de"
GRUS_DATA_MIRROR=$work/source
fetch renamed "$work/renamed" || fail "a file of another name at its source: $(cat "$work/stderr")"
[ "$(cat "$work/renamed/tok/a.de")" = 'o e' ] || fail 'a byte that is no UTF-8 stays'
printf 'o\360e\n' | gzip >"$work/source/data/task1/old/name.de.gz"
sed -i 's|name.de$|name.de.gz|' "$work/sets/renamed.txt"
fetch renamed "$work/unpacked" || fail "a file that its source has packed: $(cat "$work/stderr")"
[ "$(cat "$work/unpacked/tok/a.de")" = 'o e' ] || fail 'a packed file is not unpacked'
echo 'no gzip' >"$work/source/data/task1/old/name.de.gz"
if fetch renamed "$work/broken"; then fail 'a file that cannot be unpacked is no error'; fi
[ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -e "$work/broken" ] || fail 'not one line, or something was written'
mv "$work/source/data/task1/tok/kept.de" "$work/source/data/task1/tok/a.de"
GRUS_DATA_MIRROR=
fetch toy "$work/out" || fail "the set's own source: $(cat "$work/stderr")"

GRUS_DATA_MIRROR=$work/nowhere
fetch toy "$work/out" || fail 'a whole folder is fetched again'
if fetch toy "$work/other"; then fail 'a mirror that is not there is no error'; fi
[ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -e "$work/other" ] || fail 'not one line, or something was written'

GRUS_DATA_MIRROR="$work/a mirror"
echo 'changed' >"$work/a mirror/toy/tok/a.en"
status=0; fetch toy "$work/other" || status=$?
[ $status = 1 ] || fail "a wrong sum exits $status"
[ "$(wc -l <"$work/stderr")" -eq 1 ] || fail "a wrong sum tells more than a line: $(cat "$work/stderr")"
grep -q 'a.en: need sha256 27dd.*, got ' "$work/stderr" || fail "a wrong sum is not named: $(cat "$work/stderr")"
[ ! -e "$work/other" ] || fail 'a wrong sum leaves files'
rm "$work/out/tok/a.de"
if fetch toy "$work/out"; then fail 'a wrong sum is no error'; fi
[ "$(ls "$work/out/tok")" = a.en ] || fail 'a failed fetch changes a folder'

status=0; fetch nothing || status=$?
[ $status = 2 ] || fail "an unknown set exits $status"

# An archive: at a mirror as it is, at its source packed, in a folder of another name, with other files beside.
mkdir -p "$work/tars/boxed" "$work/far/boxed.name-1/say" "$work/far-source"
printf 'one\n' >"$work/far/boxed.name-1/say/b_1.wav"
printf 'two\n' >"$work/far/boxed.name-1/say/a_1.wav"
echo 'no sound' >"$work/far/boxed.name-1/say/readme"
tar -czf "$work/far-source/v1" -C "$work/far" boxed.name-1
tar -cf "$work/tars/boxed/all.tar" -C "$work/far/boxed.name-1" say
sum=$(cd "$work/far/boxed.name-1" && sha256sum say/a_1.wav say/b_1.wav | sha256sum | cut -d ' ' -f 1)
cat >"$work/sets/boxed.txt" <<END
about    Boxed: two sounds
licence  none needed
source   file://$work
path     far-source
original all.tar v1
archive  all.tar $sum say/*.wav
use      train DIR/say
END
for GRUS_DATA_MIRROR in "$work/tars" ''; do
  fetch boxed "$work/boxed" || fail "an archive from '$GRUS_DATA_MIRROR': $(cat "$work/stderr")"
  [ "$(ls -A "$work/boxed" "$work/boxed/say" | tr '\n' ' ')" = "$work/boxed: say  $work/boxed/say: a_1.wav b_1.wav " ] || fail 'other members than asked for'
  [ -n "$GRUS_DATA_MIRROR" ] || break
  rm -rf "$work/boxed"
done
GRUS_DATA_MIRROR=$work/nowhere
fetch boxed "$work/boxed" || fail 'whole members are fetched again'
GRUS_DATA_MIRROR=$work/tars
for broken in other none; do
  case $broken in other) echo 'three' >"$work/far/boxed.name-1/say/a_1.wav"; tar -cf "$work/tars/boxed/all.tar" -C "$work/far/boxed.name-1" say ;;
    *) echo 'no tar' >"$work/tars/boxed/all.tar" ;; esac
  if fetch boxed "$work/broken"; then fail "an archive of $broken members is no error"; fi
  [ "$(wc -l <"$work/stderr")" -eq 1 ] && [ ! -e "$work/broken" ] || fail "not one line, or something was written: $(cat "$work/stderr")"
done
