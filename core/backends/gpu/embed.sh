#!/bin/sh
# Prints a header with the text of each file as a string named after it: kernels/copy.cl -> copy_text.
set -eu
echo '#pragma once'
echo 'namespace grus::gpu {'
for file in "$@"; do
  name=${file##*/}
  printf 'inline constexpr const char* %s_text = R"text(' "${name%%.*}"
  cat "$file"
  printf ')text";\n'
done
echo '}  // namespace grus::gpu'
