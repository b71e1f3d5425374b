#!/bin/sh
# Builds the runtime for a browser and a page of a small model, and asks it in a headless Chromium: what it says must be what
# the program says.   browser.sh SOURCE TRANSLATE COMMAND...: COMMAND MODEL answers lines of standard input
set -eu
source=$1 translate=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() { echo "skipped: $*"; exit 77; }
fail() { echo "failed: $*"; exit 1; }
command -v em++ >/dev/null || skip 'no emscripten'
command -v chromium >/dev/null || skip 'no Chromium'

cd "$work"
for i in 1 2 3 4 5 6 7 8 9 10; do
  printf 'ein Hund läuft .\ta dog runs .\nein Bär läuft .\ta bear runs .\nÜBER uns läuft ein Hund .\ta dog runs above us .\neine Katze schläft .\ta cat sleeps .\nüber uns schläft eine Katze .\ta cat sleeps above us .\n'
done >pairs
"$translate" train --train pairs --valid pairs --out model --tokenizer word --min-count 1 --emb 32 --hidden 32 --dropout 0 --label-smoothing 0 \
  --batch-tokens 40 --lr 0.01 --warmup 1 --threads 1 --epochs 60 --patience 0 >log 2>&1 ||
  { cat log; fail 'the model is not made'; }
"$translate" pack --model model --out 'small <b> model.grus' >log
"$source/dev" browser --model 'small <b> model.grus' --out page.html --try 'ein Hund läuft .' --try '</script> .' >log 2>&1 || { cat log; fail 'the page is not made'; }
runtime=$(sed -n 's/.*the runtime \([0-9]*\) kB$/\1/p' log)
[ "${runtime:-1000}" -le 397 ] || ! command -v zopfli >/dev/null || fail "the runtime has ${runtime:-no} kB"
# The second line has its letters decomposed, the last one bears signs that no training saw.
printf 'ein Hund läuft .\nein Ba\314\210r la\314\210uft .\nEINE KATZE SCHLÄFT .\n\316\243\316\221\316\243 \304\260 \360\237\220\225 “ein”Hund\n' >lines
"$@" 'small <b> model.grus' --precision int8 <lines >said  # as pages compute
grep -q '^a bear runs' said || fail 'the model has learned nothing'
python3 "$source/tests/deploy/browser.py" "$source" page.html lines said "${SCREENSHOTS:-}" || fail 'the page says something else'
if "$source/dev" browser --model none.grus --out none.html >log 2>&1 || [ -e none.html ]; then fail 'a page of no model'; fi
grep -q 'none.grus: No such file' log || { cat log; fail 'a missing model is not named'; }
