#!/bin/sh
# page.sh PROGRAM ROOT checks that docs/ops.md is what PROGRAM prints, and that every public function of ops/ has its
# row there.
set -eu
program=$(realpath "$1"); cd "$2"
"$program" | diff -u docs/ops.md - || { echo 'docs/ops.md is out of date: run ./dev docs' >&2; exit 1; }

# These headers hold what users do not call themselves.
internal='launch|box|accumulate|axes|twin|gru_step|loop_kernels|recurrence|[a-z_]*_parts'
declared=$(ls ops/*/*.h | grep -vE "/($internal)\.h$" | xargs cat |
           sed -n 's/^\(Tensor\|TopK\|std::vector<Tensor>\|[A-Z][A-Za-z]*Output\|Output\|State\) \([a-z_0-9]*\)(.*/\2/p' |
           grep -vE '_composed$' | sort -u)
for name in $declared; do
  grep -q "^| \`$name\`" docs/ops.md || { echo "ops: $name has no row in tests/ops/table/" >&2; missing=1; }
done
[ -z "${missing:-}" ]
