#!/bin/sh
# refused.sh ROOT COMPILER...: records and modules that must not compile, each with the sentence that says why.
set -u
root=$1
shift
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
wrong=0
# compile SENTENCE HEADER TEXT COMPILER...: without a sentence the text must compile.
compile() {
  sentence=$1
  printf '#include "%s"\nusing namespace grus;\n%s\n' "$2" "$3" >"$folder/text.cpp"
  shift 3
  if "$@" -std=c++20 -fsyntax-only -I"$root" "$folder/text.cpp" >"$folder/errors" 2>&1; then
    [ -z "$sentence" ] || { echo "failed: this compiles:"; tail -1 "$folder/text.cpp"; wrong=1; }
  elif [ -z "$sentence" ] || ! grep -qF "$sentence" "$folder/errors"; then
    echo "failed: need the error '$sentence', got:"
    cat "$folder/errors"
    wrong=1
  fi
}
# check SENTENCE RECORD COMPILER...: an op that has tensors a, b and y.
check() {
  said=$1
  text="Tensor f(const Op& op, const Tensor& a, const Tensor& b, Tensor y) { return $2; }"
  shift 2
  compile "$said" core/record/record.h "$text" "$@"
}
# module SENTENCE FORWARD COMPILER...: a module, and its call.
module() {
  said=$1
  text="struct M : nn::Module<M> { $2 { return x; } }; Tensor f(const M& module, const Tensor& x) { return module(x); }"
  shift 2
  compile "$said" nn/module.h "$text" "$@"
}
check '' 'record(op, {a, b, y}, y, [](const Tensor& dy, Input a, SavedInput b, const Tensor& y) { a.add(b.value), b.add(y), b.add(dy); })' "$@"
each='a rule takes the gradient of each output, then one parameter for each tensor of the record'
check "$each" 'record(op, {a, b}, y, [](const Tensor& dy, Input a) { a.add(dy); })' "$@"
check "$each" 'record(op, {a}, y, [](const Tensor& dy, Input a, Input b) { a.add(dy), b.add(dy); })' "$@"
check 'a rule takes Input, SavedInput and const Tensor&' 'record(op, {a}, y, [](const Tensor& dy, Tensor a) { a = dy; })' "$@"
check 'a rule names the type of each of its parameters' 'record(op, {a}, y, [](const Tensor& dy, auto a) { a.add(dy); })' "$@"
check 'a rule captures plain values; tensors are given to `record`' 'record(op, {a}, y, [b](const Tensor&, Input a) { a.add(b); })' "$@"
begins='a rule begins with the gradient of each output: [](const Tensor& dy, SavedInput a, Input b) { ... }'
check "$begins" 'record(op, {a}, y, [](SavedInput a, const Tensor& dy) { a.add(dy); })' "$@"
check "$begins" 'record(op, {a, b}, y, [](Input a, Input b, const Tensor& dy) { a.add(dy), b.add(dy); })' "$@"
check 'the tensors of a record stand in braces, record(op, {a, b}, y, rule), and are no vector' \
  '(record(op, std::vector<Tensor>{a, b}, y, [](const Tensor& dy, Input a) { a.add(dy); }), y)' "$@"
module '' 'Tensor forward(const Tensor& x) const' "$@"
module "a module's forward is const: Tensor forward(const Tensor& x) const" 'Tensor forward(const Tensor& x)' "$@"
exit $wrong
