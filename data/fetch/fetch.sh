#!/bin/sh
# ./dev data NAME [DIR]: fetches the public data set that NAME.txt beside this file describes into DIR (downloads/NAME).
# A line "original FILE NAME" names a file at the source (NAME.gz is unpacked), "spaces FILE BYTE" has a byte (octal) become a space, where it is no UTF-8.
# A line "archive FILE SUM PATTERN" has the files of a tar, packed or not, that stand in the pattern's folder; SUM is that of their sums in the order
# of their names, as sha256sum prints them.
# Files are put in place only when every one of them has the sha256 sum kept here. GRUS_DATA_MIRROR, a folder or the
# beginning of a URL, is asked instead of the set's own address: for MIRROR/NAME/FILE, MIRROR/FILE or the source's layout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sets=$(cd "$here" && ls ./*.txt | sed 's|^\./||; s|\.txt$||' | tr '\n' ' ')
name=${1:-}
[ -n "$name" ] || { for s in $sets; do sed -n "s/^about  */$s: /p" "$here/$s.txt"; done; exit 0; }

die() { printf 'data: %s\n' "$*" >&2; exit 1; }

list=$here/$name.txt
case $name in */*) list='' ;; esac
[ -f "$list" ] || { echo "data: no set '$name'; there are: $sets" >&2; exit 2; }
dir=${2:-$here/../../downloads/$name}

field() { sed -n "s/^$1  *//p" "$list"; }
sum_of() { if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1; }

get() {  # address, file; quiet, false when it is not there
  case $1 in
    http://* | https://*)
      if command -v curl >/dev/null; then curl -fsSL --retry 2 -o "$2" "$1" 2>/dev/null
      else wget -q --tries 3 -O "$2" "$1" 2>/dev/null; fi ;;
    *) [ -f "${1#file://}" ] && cp "${1#file://}" "$2" ;;
  esac
}

# Fetches a file of the set under its own name, or under that of its source.
get_file() {  # address of the folder, file, where to
  if ! get "$1/$2" "$3"; then
    original=$(field original | sed -n "s|^$2  *||p")
    [ -n "$original" ] || original=$2.gz  # a mirror may keep it packed
    get "$1/$original" "$3" || return 1
    case $2,$original in
      *.gz,*) ;;
      *,*.gz) gzip -dc <"$3" >"$3.new" 2>/dev/null && mv "$3.new" "$3" || return 1 ;;
    esac
  fi
  byte=$(field spaces | sed -n "s|^$2  *||p")
  [ -z "$byte" ] || { LC_ALL=C tr "\\$byte" ' ' <"$3" >"$3.new" && mv "$3.new" "$3"; }
}

bases() {
  if [ -n "${GRUS_DATA_MIRROR:-}" ]; then
    printf '%s\n' "$GRUS_DATA_MIRROR/$name" "$GRUS_DATA_MIRROR" "$GRUS_DATA_MIRROR/$(field path)"
  else
    field source | sed "s|\$|/$(field path)|"
  fi
}

pattern() { field archive | cut -d ' ' -f 3; }

members_sum() {  # folder
  (
    LC_ALL=C
    export LC_ALL
    cd "$1" 2>/dev/null && set -- $(pattern) && [ -f "$1" ] || exit 0
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
  ) >"$1.sums"
  sum_of "$1.sums"
  rm -f "$1.sums"
}

fetch_archive() {
  archive=$(field archive | cut -d ' ' -f 1)
  folder=$(dirname "$(pattern)")
  base=$(bases | while read -r b; do if get_file "$b" "$archive" "$new/archive"; then echo "$b"; break; fi; done)
  [ -n "$base" ] || die "$name: no answer for $archive from $(bases | tr '\n' ' ')"
  mkdir "$new/all" "$new/members"
  tar -xf "$new/archive" -C "$new/all" 2>/dev/null || die "$base: $archive: need a tar, got something else; nothing was changed"
  found=$(find "$new/all" -type d -name "$folder" | head -n 1)
  [ -n "$found" ] && mv "$found" "$new/members/" || die "$base: $archive: need a folder $folder, got none; nothing was changed"
  got=$(members_sum "$new/members")
  sum=$(field archive | cut -d ' ' -f 2)
  [ "$got" = "$sum" ] || die "$base: $archive: need members whose sums have sha256 $sum, got $got; nothing was changed"
  (cd "$new/members" && set -- $(pattern) && tar -cf - "$@") | tar -xf - -C "$dir"
}

# Whole already? Then there is nothing to fetch.
complete() {
  [ -z "$(field archive)" ] || [ "$(members_sum "$dir")" = "$(field archive | cut -d ' ' -f 2)" ] || return 1
  field sha256 | while read -r sum file; do
    [ -f "$dir/$file" ] && [ "$(sum_of "$dir/$file")" = "$sum" ] || exit 1
  done
}

fetch_all() {
  case $(bases) in http*) command -v curl >/dev/null || command -v wget >/dev/null || die 'need curl or wget' ;; esac
  mkdir -p "$dir"
  new=$(mktemp -d "$dir/.fetch.XXXXXX")
  trap 'rm -rf "$new"; rmdir "$dir" 2>/dev/null || true' EXIT
  trap 'exit 130' INT TERM
  [ -z "$(field archive)" ] || fetch_archive
  [ -n "$(field sha256)" ] || return 0
  first=$(field sha256 | sed -n '1s/.* //p')
  base=$(bases | while read -r b; do if get_file "$b" "$first" "$new/first"; then echo "$b"; break; fi; done)
  [ -n "$base" ] || die "$name: no answer for $first from $(bases | tr '\n' ' ')"
  [ ! -t 2 ] || echo "$name: fetching $(field sha256 | wc -l) files from $base" >&2
  field sha256 | while read -r sum file; do
    mkdir -p "$new/$(dirname "$file")"
    get_file "$base" "$file" "$new/$file" || die "$name: cannot fetch $base/$file"
    got=$(sum_of "$new/$file")
    [ "$got" = "$sum" ] || die "$base/$file: need sha256 $sum, got $got; nothing was changed"
  done || exit 1
  field sha256 | while read -r _ file; do mkdir -p "$dir/$(dirname "$file")" && mv "$new/$file" "$dir/$file"; done
}

complete || fetch_all
dir=$(cd "$dir" && pwd)
echo "$(field about)
licence: $(field licence)
folder: $dir
use: $(field use | sed "s|DIR|$dir|g")"
