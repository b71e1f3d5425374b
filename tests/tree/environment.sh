#!/bin/sh
# Every environment variable GRUS_... that the library or a program reads is in the list that warnings go by.
cd "$1" || exit 1
list=core/device/environment.cpp
wrong=0
for name in $(grep -rhoE 'getenv\("GRUS_[A-Z_]+"' core parallel ops nn optim report metrics training data options formats language seq2seq tasks page examples tests | grep -oE 'GRUS_[A-Z_]+' | sort -u); do
  grep -q "\"$name\"" $list || { echo "failed: $list does not list $name"; wrong=1; }
done
exit $wrong
