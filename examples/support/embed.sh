#!/bin/sh
# embed.sh PROGRAM NAMESPACE FILE...: C++ source that holds the files' bytes as arrays named after them (train.tsv.gz -> train_tsv_gz), which
# examples/PROGRAM/demo_data.h declares.
set -eu
program=$1 namespace=$2; shift 2
printf '#include "examples/%s/demo_data.h"\nnamespace grus::%s {\n' "$program" "$namespace"
for file; do
  name=$(basename "$file" | tr . _)
  printf 'static const unsigned char %s_bytes[] = {\n' "$name"
  od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
  printf '};\nconst std::string_view %s(reinterpret_cast<const char*>(%s_bytes), sizeof %s_bytes);\n' "$name" "$name" "$name"
done
printf '}\n'
