#!/bin/sh
# Installs into an empty folder, builds programs against it by pkg-config, and runs them; every installed header compiles.
# install.sh SOURCE BUILD LIBDIR PREFIX COMPILER...
set -eu
source=$1 build=$2 libdir=$3 prefix=$4; shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "failed: $*"; exit 1; }

meson install -C "$build" --no-rebuild --quiet --destdir "$work/dest" || fail 'meson install'
there=$work/dest$prefix
export PKG_CONFIG_PATH="$there/$libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}" LD_LIBRARY_PATH="$there/$libdir"
flags=$(pkg-config --cflags grus) libs=$(pkg-config --libs grus)
# The moved installation compiles programs, with a guessed prefix and without.
for guess in --define-prefix --dont-define-prefix; do
  echo '#include <grus/grus.h>' | "$@" -std=c++20 -fsyntax-only -x c++ $(pkg-config $guess --cflags grus) - || fail "pkg-config $guess"
done

[ "$(ls "$there/include")" = grus ] || fail "installed outside of grus/: $(ls "$there/include")"
other=$(find "$there/include" -type f ! -name '*.h' ! -name '*.def')
[ -z "$other" ] || fail "installed, but no header: $other"
(cd "$there/include" && find . -name '*.h' | sed 's|^\./\(.*\)|#include <\1>|') >"$work/headers.cpp"
[ "$(wc -l <"$work/headers.cpp")" -gt 3 ] || fail 'no headers installed'
"$@" -std=c++20 -fsyntax-only $flags "$work/headers.cpp" || fail 'an installed header does not compile'

# Programs of one file each use the headers: an op, an optimizer and a cell of one's own.
for name in program optimizer; do
  "$@" -std=c++20 $flags "$source/tests/install/$name.cpp" -o "$work/$name" $libs || fail "$name does not build"
  "$work/$name" >"$work/out" || fail "$name exits $?"
  diff "$source/tests/install/$name.expected" "$work/out" || fail "$name prints something else"
done
"$@" -std=c++20 $flags "$source/tests/install/cell.cpp" -o "$work/cell" $libs || fail 'cell does not build'
"$work/cell" >"$work/out" || fail "cell exits $?"
grep -q 'remembers$' "$work/out" || fail "cell: $(cat "$work/out")"

# A model learns one pair by heart, and a program of one file loads its folder and translates.
if [ -x "$there/bin/translate" ]; then
  printf 'der hund schläft .\tthe dog sleeps .\n' >"$work/pair"
  "$there/bin/translate" train --train "$work/pair" --valid "$work/pair" --out "$work/de-en" --tokenizer space --emb 24 \
    --hidden 24 --dropout 0 --lr 0.01 --warmup 3 --average 0.9 --epochs 60 --patience 0 --metrics perplexity >"$work/out" 2>&1 ||
    { cat "$work/out"; fail 'the model is not trained'; }
  "$@" -std=c++20 $flags "$source/tests/install/translator.cpp" -o "$work/translator" $libs || fail 'the translator does not build'
  said=$(echo 'der hund schläft .' | "$work/translator" "$work/de-en") || fail "the translator exits $?"
  [ "$said" = 'the dog sleeps .' ] || fail "the translator says: $said"
  "$there/bin/translate" pack --model "$work/de-en" --out "$work/de-en.grus" >/dev/null || fail 'the model is not packed'
  said=$(echo 'der hund schläft .' | "$work/translator" "$work/de-en.grus") || fail "the translator of a pack exits $?"
  [ "$said" = 'the dog sleeps .' ] || fail "the translator of a pack says: $said"
fi

# So does a program of one file with a model of `classify`.
if [ -x "$there/bin/classify" ]; then
  printf 'good i like it\nbad i hate it\ngood so much joy\nbad so much pain\n' >"$work/said"
  "$there/bin/classify" train --train "$work/said" --valid "$work/said" --out "$work/mood" --min-count 1 --word-dropout 0 --dropout 0 \
    --epochs 20 --patience 0 >"$work/out" 2>&1 || { cat "$work/out"; fail 'the classifier is not trained'; }
  "$@" -std=c++20 $flags "$source/tests/install/classifier.cpp" -o "$work/classifier" $libs || fail 'the classifier does not build'
  said=$(printf 'i hate it\nso much joy\n' | "$work/classifier" "$work/mood") || fail "the classifier exits $?"
  [ "$said" = "bad
good" ] || fail "the classifier says: $said"
fi

# A program in C asks a packed model.
if pkg-config --exists grus-c; then
  ${CC:-cc} -std=c99 -Wall -Wextra -pedantic -Werror $(pkg-config --cflags grus-c) "$source/tests/install/use.c" -o "$work/use" \
    $(pkg-config --libs grus-c) || fail 'the program in C does not build'
  [ "$("$work/use" "$work/de-en.grus" 'der hund schläft .' | head -n 1)" = 'the dog sleeps .' ] || fail 'the program in C says something else'
  said=$("$work/use" "$work/pair" 'der hund' 2>&1) && fail 'the program in C takes what is no model'
  [ "$said" = "use: $work/pair: need a packed model, or its folder, got another file" ] || fail "the program in C says: $said"
fi

# Models in ONNX are a library of their own, of builds with protobuf.
if pkg-config --libs grus-onnx | grep -q protobuf; then
  "$@" -std=c++20 $flags "$source/tests/install/onnx.cpp" -o "$work/onnx" $(pkg-config --libs --static grus-onnx) || fail 'onnx does not build'
  said=$("$work/onnx" "$work/gru.onnx") || fail "onnx exits $?"
  [ "$said" = '4 tensors' ] || fail "onnx says: $said"
fi

# Code that would do nothing, or not what it says, does not compile: each line of mistakes.txt is an error of its own.
mistakes() {
  printf '#include <grus/grus.h>\nusing namespace grus;\n'
  while read -r line; do
    printf 'void f%d(Tensor x, Tensor y, nn::Linear& a, nn::Linear& b, optim::ExponentialMovingAverage& average) ' $((n += 1))
    printf '{ x = y; (void)a, (void)b, (void)average; %s }\n' "${1-$line}"
  done <"$source/tests/install/mistakes.txt"
}
n=0
mistakes '' >"$work/none.cpp"
"$@" -std=c++20 -fsyntax-only $flags "$work/none.cpp" || fail 'functions without a mistake do not compile'
mistakes >"$work/mistakes.cpp"
! "$@" -std=c++20 -fsyntax-only -Werror=unused-result $flags "$work/mistakes.cpp" 2>"$work/out" || fail 'every mistake compiles'
n=2
while read -r line; do
  n=$((n + 1))
  grep -q "mistakes.cpp:$n:[0-9]*: error" "$work/out" || fail "it compiles: $line"
done <"$source/tests/install/mistakes.txt"

# A backend from outside the tree is found by name, listed, and passes the kernel tests of our backends.
mkdir "$work/backends"
"$@" -std=c++20 -O2 -shared -fPIC $flags "$source/examples/backend/counting.cpp" -o "$work/backends/libgrus_counting.so" ||
  fail 'the backend does not build'
export GRUS_BACKEND_PATH="$work/backends"
if [ -x "$there/bin/grus-devices" ]; then
  COUNTING_REPORT=1 "$there/bin/grus-devices" counting >"$work/out" 2>&1 || fail 'the backend is not listed'
  grep -q '^counting: [1-9].* kernel calls' "$work/out" || fail 'the backend counts nothing'
fi
kernel_tests=$build/tests/core/backends/test_backends
if [ -x "$kernel_tests" ]; then
  GRUS_TEST_DEVICES=counting GRUS_GOLDEN="$source/tests/golden" "$kernel_tests" >"$work/out" || { tail -n 20 "$work/out"; fail 'the kernel tests on the backend'; }
  ! grep '^skipped' "$work/out" || fail 'the backend is not tested'
fi
