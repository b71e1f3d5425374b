#!/bin/sh
# Installs into an empty folder, builds program.cpp against it by pkg-config, and runs it; every installed header compiles.
# install.sh SOURCE BUILD LIBDIR PREFIX COMPILER...
set -eu
source=$1 build=$2 libdir=$3 prefix=$4; shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $*"; exit 1; }

meson install -C "$build" --no-rebuild --quiet --destdir "$work/dest" || fail 'meson install'
there=$work/dest$prefix
mkdir "$work/pc"
sed "s|^prefix=.*|prefix=$there|" "$there/$libdir/pkgconfig/grus.pc" >"$work/pc/grus.pc"
export PKG_CONFIG_PATH="$work/pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" LD_LIBRARY_PATH="$there/$libdir"
flags=$(pkg-config --cflags grus) libs=$(pkg-config --libs grus)

other=$(find "$there/include" -type f ! -name '*.h' ! -name '*.def')
[ -z "$other" ] || fail "installed, but no header: $other"
(cd "$there/include/grus" && find . -name '*.h' | sed 's|^\./\(.*\)|#include "\1"|') >"$work/headers.cpp"
[ "$(wc -l <"$work/headers.cpp")" -gt 3 ] || fail 'no headers installed'
"$@" -std=c++20 -fsyntax-only $flags "$work/headers.cpp" || fail 'an installed header does not compile'

"$@" -std=c++20 $flags "$source/tests/install/program.cpp" -o "$work/program" $libs || fail 'the program does not build'
"$work/program" >"$work/out" || fail "the program exits $?"
diff "$source/tests/install/program.expected" "$work/out" || fail 'the program prints something else'
