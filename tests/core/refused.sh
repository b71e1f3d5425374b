#!/bin/sh
# refused.sh ROOT COMPILER...: records that must not compile, each with the sentence that says why.
set -u
root=$1
shift
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
wrong=0
# check SENTENCE RECORD COMPILER...: an op that has tensors a, b and y. Without a sentence it must compile.
check() {
  sentence=$1
  printf '#include "core/record/record.h"\nusing namespace grus;\nTensor f(const Op& op, const Tensor& a, const Tensor& b, Tensor y) { return %s; }\n' \
    "$2" >"$folder/record.cpp"
  shift 2
  if "$@" -std=c++20 -fsyntax-only -I"$root" "$folder/record.cpp" >"$folder/errors" 2>&1; then
    [ -z "$sentence" ] || { echo "failed: this compiles:"; tail -1 "$folder/record.cpp"; wrong=1; }
  elif [ -z "$sentence" ] || ! grep -qF "$sentence" "$folder/errors"; then
    echo "failed: need the error '$sentence', got:"
    cat "$folder/errors"
    wrong=1
  fi
}
check '' 'record(op, {a, b, y}, y, [](const Tensor& dy, Input a, SavedInput b, const Tensor& y) { a.add(b.value), b.add(y), b.add(dy); })' "$@"
each='a rule takes the gradient of each output, then one parameter for each tensor of the record'
check "$each" 'record(op, {a, b}, y, [](const Tensor& dy, Input a) { a.add(dy); })' "$@"
check "$each" 'record(op, {a}, y, [](const Tensor& dy, Input a, Input b) { a.add(dy), b.add(dy); })' "$@"
check 'a rule takes Input, SavedInput and const Tensor&' 'record(op, {a}, y, [](const Tensor& dy, Tensor a) { a = dy; })' "$@"
check 'a rule names the type of each of its parameters' 'record(op, {a}, y, [](const Tensor& dy, auto a) { a.add(dy); })' "$@"
check 'a rule captures plain values; tensors are given to `record`' 'record(op, {a}, y, [b](const Tensor&, Input a) { a.add(b); })' "$@"
exit $wrong
