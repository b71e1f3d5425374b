#!/bin/sh
# Builds the wheel, installs it into a clean virtual environment, and asks packed models from Python. Where pip reaches no
# registry, or the build fails for want of one, it says so and is skipped.   wheel.sh SOURCE TRANSLATE CLASSIFY FORECAST
set -eu
source=$1 translate=$2 classify=$3 forecast=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "failed: $*"; exit 1; }

python3 -m venv "$work/venv" 2>/dev/null || skip 'python3 makes no virtual environment'
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy >"$work/log" 2>&1 || skip 'pip reaches no registry'
wheel=${WHEEL:-}
if [ -z "$wheel" ]; then
  "$source/dev" wheel >"$work/log" 2>&1 || { cat "$work/log"; fail 'the wheel is not built'; }
  wheel=$(ls -t "${GRUS_BUILD:-$source/build}"/wheel/grus-*.whl | head -n 1)
fi
[ "$(wc -c <"$wheel")" -le 3000000 ] || fail "the wheel has $(wc -c <"$wheel") bytes"
"$work/venv/bin/python" -m pip install --quiet --no-deps "$wheel" || fail 'the wheel is not installed'

cd "$work"
printf 'a b c\tA B C\nc a\tC A\n' >pairs
printf 'label,text\ngood,a fine film\nbad,a poor film\ngood,so fine\nbad,so poor\n' >texts.csv
awk 'BEGIN { print "month,up,down"; for (i = 0; i < 120; i++) printf "%d-%02d,%.3f,%.3f\n", 2000 + i / 12, i % 12 + 1, i / 10, -i % 7 }' >table.csv
small='--threads 1 --epochs 2 --patience 0'
{
  "$translate" train --train pairs --valid pairs --out t --tokenizer word --emb 8 --hidden 8 --warmup 1 $small
  "$classify" train --train texts.csv --valid texts.csv --out c --emb 8 --hidden 4 --min-count 1 $small
  "$forecast" train --data table.csv --out f --window 12 --horizon 3 --hidden 4 $small
  for model in t c f; do "$translate" pack --model $model --out $model.grus; done
} >log 2>&1 || { cat log; fail 'models are not made'; }
echo 'a b c' | "$translate" run --model t.grus >t.said
"$forecast" run --model f.grus --data table.csv >f.said
env -i "$work/venv/bin/python" "$source/tests/deploy/wheel.py" t.grus c.grus f.grus || fail 'Python says something else'
