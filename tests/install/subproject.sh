#!/bin/sh
# Another meson project finds Grus under its subprojects/: it configures, without our tests and programs, and compiles
# (linking would build the whole library once more).   subproject.sh SOURCE
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $*"; exit 1; }

mkdir "$work/subprojects"
ln -s "$1" "$work/subprojects/grus"
cp "$1/tests/install/program.cpp" "$work/"
cat >"$work/meson.build" <<'END'
project('user', 'cpp', default_options: ['cpp_std=c++20'])
executable('program', 'program.cpp', dependencies: dependency('grus', fallback: 'grus'))
END
cd "$work"
meson setup --wrap-mode forcefallback build >log 2>&1 || { cat log; fail 'does not configure'; }
ninja -C build program.p/program.cpp.o >log 2>&1 || { cat log; fail 'does not compile'; }
! ninja -C build -t targets all | grep -q '\(^\|/\)test_\|examples/' || fail "builds Grus's own tests"
