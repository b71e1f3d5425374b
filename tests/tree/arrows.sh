#!/bin/sh
# The arrows of ARCHITECTURE.md, read off the #include lines: core <- ops <- nn <- examples; optim sees core and
# nn/parameter.h, data sees core; view sees core, ops and nn; a backend sees the contract, the list of backends and its own
# folder (cpu: also reference, hwy; opencl and cuda: also gpu, which they share).
set -eu
cd "$1"
find core ops nn optim data view examples -name '*.h' -o -name '*.cpp' -o -name '*.def' | sort |
  xargs grep -nHE '^ *# *include *"|^# *define HWY_TARGET_INCLUDE' | awk -F: '
  function starts(s, list,   n, i, parts) {
    n = split(list, parts, " ")
    for (i = 1; i <= n; i++) if (index(s, parts[i]) == 1) return 1
    return 0
  }
  {
    from = $1; to = $3
    sub(/^[^"]*"/, "", to); sub(/".*/, "", to)
    split(from, f, "/")
    own = f[1] "/"
    contract = "core/device/kernels.h core/device/kernels.def core/device/elementwise.def core/base/dtype.h core/device/device.h core/base/error.h core/device/backend.h core/backends/backends.h"
    if (from ~ /^core\/backends\/.*\//) {
      own = "core/backends/" f[3] "/"
      allowed = own " " contract (f[3] == "opencl" || f[3] == "cuda" ? " core/backends/gpu/" : "") (f[3] == "cpu" ? " core/backends/reference/ hwy/" : "")
    } else if (f[1] == "core" || f[1] == "data") allowed = "core/ " own
    else if (f[1] == "ops") allowed = "core/ ops/"
    else if (f[1] == "nn") allowed = "core/ ops/ nn/"
    else if (f[1] == "view") allowed = "core/ ops/ nn/ view/"
    else if (f[1] == "optim") allowed = "core/ nn/parameter.h optim/"
    else allowed = "grus.h core/ ops/ nn/ optim/ data/ view/ examples/"
    bad = !starts(to, allowed)
    if (starts(to, "core/backends/") && own !~ /^core\/backends/ && from !~ /^core\/(backends\/)?[a-z_]*\.cpp$/) bad = 1
    if (to ~ /\.\./) bad = 1
    lines++
    if (bad) { print "failed: " $1 ":" $2 " includes \"" to "\"; allowed: " allowed; wrong++ }
  }
  END { if (!lines) print "failed: no includes found"; exit wrong > 0 || !lines }'
