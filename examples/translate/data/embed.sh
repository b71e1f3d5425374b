#!/bin/sh
# embed.sh FILE...: C++ source that holds the files' bytes as arrays named after them (train.tsv.gz -> train_tsv_gz).
set -eu
printf '#include "examples/translate/demo_data.h"\nnamespace grus::translate {\n'
for file; do
  name=$(basename "$file" | tr . _)
  printf 'static const unsigned char %s_bytes[] = {\n' "$name"
  od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
  printf '};\nconst std::string_view %s(reinterpret_cast<const char*>(%s_bytes), sizeof %s_bytes);\n' "$name" "$name" "$name"
done
printf '}\n'
