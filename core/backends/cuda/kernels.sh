#!/bin/sh
# Compiles all kernels for one dtype: kernels.sh NVCC DTYPE OUT KERNELS...
set -eu
nvcc=$1 dtype=$2 out=$3; shift 3
case $dtype in
  f32) type=float macro=T_F32 families='copy product attention recurrent reduce rows lines softmax ctc update elements' ;;
  f64) type=double macro=T_F64 families='copy product attention recurrent reduce rows lines softmax ctc update elements' ;;
  i32) type=int macro=T_I32 families='copy reduce rows lines update elements' ;;
  i64) type=long macro=T_I64 families='copy reduce rows lines update elements' ;;
  bool) type=uchar macro=T_BOOL families='copy reduce rows elements' ;;
  u8) type=uchar macro=T_U8 families='copy rows elements' ;;
  bf16) type=ushort macro=T_BF16 families='copy rows elements' ;;
  f16) type=ushort macro=T_F16 families='copy rows elements' ;;
esac
unit=$out.cu
: >"$unit"
for family in dialect $families elementwise; do  # elements before its rows, and last, because it hides names from integers
  for file in "$@"; do
    case $file in */"$family".*) printf '#line 1 "%s"\n' "$file"; cat "$file" ;; esac
  done
done >"$unit"
"$nvcc" -std=c++17 -O3 -fatbin -DELEMENT=$type -D$macro -DWIDTH=128 -DHAS_F64 -diag-suppress 177 -Wno-deprecated-gpu-targets \
  -gencode arch=compute_80,code=sm_80 -gencode arch=compute_90,code=[sm_90,compute_90] -o "$out" "$unit"
rm -f "$unit"
