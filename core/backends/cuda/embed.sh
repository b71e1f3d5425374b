#!/bin/sh
# Prints a C++ source that holds the bytes of files, each under its name: image_f32.fatbin -> image_f32.
set -eu
for file in "$@"; do
  name=${file##*/}; name=${name%%.*}
  printf 'asm(".section .rodata\\n.balign 64\\n.global %s\\n.hidden %s\\n%s: .incbin \\"%s\\"\\n.previous\\n");\n' \
    "$name" "$name" "$name" "$(realpath "$file")"
done
