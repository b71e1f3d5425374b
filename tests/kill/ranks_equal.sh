#!/bin/sh
# 200 steps of one rank and of 1, 2, 4 and 8 ranks of mpirun leave the same files, and a build without MPI says so.
#   ranks_equal.sh FIT_RUN     MPIRUN names another mpirun, that of the MPI which the module is linked to
set -eu
mpirun=${MPIRUN:-mpirun}
command -v "$mpirun" >/dev/null || { echo "skipped: no $mpirun"; exit 77; }
case ${GRUS_BACKEND_PATH:-} in '') ;; *) [ -f "$GRUS_BACKEND_PATH/libgrus-mpi.so" ] || { echo 'skipped: built without MPI'; exit 77; } ;; esac
flags=''
if "$mpirun" --version | grep -q 'Open MPI'; then flags='--oversubscribe --allow-run-as-root --bind-to none'; fi
export GRUS_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plan='1 50 0 1 0.9 8 50'  # seed, steps between states, judgements, accumulated batches, average, shards, batches an epoch
launch() { n=$1; shift; "$mpirun" $flags -n "$n" "$@"; }
"$1" "$work/alone" $plan
for n in 1 2 4 8; do
  launch "$n" "$1" "$work/of$n" $plan
  for file in model.safetensors average.safetensors metrics.jsonl log.csv; do
    cmp "$work/alone/$file" "$work/of$n/$file" || { echo "failed: $file of $n ranks is not that of one"; exit 1; }
  done
done
said=$(GRUS_BACKEND_PATH=$work launch 2 "$1" "$work/none" $plan 2>&1 | grep -c '^fit_run: \[ranks\] need a build with MPI' || true)
[ "$said" = 1 ] || { echo "failed: need one sentence without the module, got $said"; exit 1; }
echo '1, 2, 4 and 8 ranks leave the files of one'
