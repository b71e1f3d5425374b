#!/bin/sh
# The #include lines of every source must follow the arrows of ARCHITECTURE.md. Within core: base <- device <- thread <-
# tensor <- tape <- record <- watch; a backend sees base, the contract and its own folder (cpu: also reference, hwy; opencl and cuda:
# also gpu, which they share). Within ops: base <- math <- conv, loss and sequence; gradcheck sees all. core <- ops <- nn <- page; optim
# sees core, ops and nn/parameter.h; parallel sees core; metrics see core and ops; training sees core, parallel, ops, nn, optim, report and metrics; data sees core and parallel, report core (within data: read <- fetch, sound, music; read <- text <- batch <- pairs); options see core and data/read;
# formats see core, ops, nn and data/read; language sees core, ops, nn and data; seq2seq sees all of these but page, language and formats; tasks see what seq2seq sees, and language; examples see all; deploy sees examples.
set -eu
cd "$1"
find core parallel ops nn optim report metrics training data options page formats language seq2seq tasks examples deploy -name '*.h' -o -name '*.cpp' -o -name '*.def' | sort |
  xargs grep -nHE '^ *# *include *"|^# *define HWY_TARGET_INCLUDE' | awk -F: '
  function starts(s, list,   n, i, parts) {
    n = split(list, parts, " ")
    for (i = 1; i <= n; i++) if (index(s, parts[i]) == 1) return 1
    return 0
  }
  function rooms_up_to(room,   i, n, all, list) {
    n = split("base device thread tensor tape record watch", all, " ")
    for (i = 1; i <= n; i++) { list = list " core/" all[i] "/"; if (all[i] == room) return list }
    return ""
  }
  function allowed_for(from,   f, device) {
    split(from, f, "/")
    if (f[1] == "core" && f[2] == "backends") {
      device = f[3] "/"
      return "core/base/ core/device/kernels. core/device/elementwise.def core/device/device.h core/device/backend.h core/backends/backends.h" \
        (f[4] ? " core/backends/" device : "") (f[3] == "opencl" || f[3] == "cuda" ? " core/backends/gpu/" : "") \
        (f[3] == "cpu" ? " core/backends/reference/ hwy/" : "")
    }
    if (f[1] == "core") return rooms_up_to(f[2]) (f[2] == "device" ? " core/backends/backends.h core/backend_folder.h" : "")
    if (f[1] == "parallel") return "core/ parallel/"
    if (f[1] == "data") return "core/ parallel/" (f[2] == "read" ? " data/read/" : f[2] == "fetch" ? " data/read/ data/fetch/" : f[2] == "sound" || f[2] == "music" ? " data/read/ data/" f[2] "/" : f[2] == "text" ? " data/read/ data/text/" : f[2] == "batch" ? \
      " data/read/ data/text/ data/batch/" : " data/")
    if (f[1] == "report") return "core/ report/"
    if (f[1] == "ops") return "core/" (f[3] == "" ? " ops/" : f[2] == "base" ? " ops/base/" : " ops/base/ ops/math/ ops/" f[2] "/")
    if (f[1] == "nn") return "core/ ops/ nn/"
    if (f[1] == "page") return "core/ ops/ nn/ page/"
    if (f[1] == "training") return "core/ parallel/ ops/ nn/ optim/ report/ metrics/ training/"
    if (f[1] == "metrics") return "core/ ops/ nn/parameter.h metrics/"
    if (f[1] == "options") return "core/ data/read/ options/"
    if (f[1] == "formats") return "core/ ops/ nn/ data/read/ formats/"
    if (f[1] == "language") return "core/ ops/ nn/ data/ language/"
    if (f[1] == "seq2seq") return "core/ parallel/ ops/ nn/ optim/ report/ metrics/ training/ data/ options/ seq2seq/"
    if (f[1] == "tasks") return "core/ parallel/ ops/ nn/ optim/ report/ metrics/ training/ data/ options/ language/ seq2seq/" (f[2] == "base" ? " tasks/base/" : " tasks/base/ tasks/" f[2] "/")
    if (f[1] == "optim") return "core/ ops/ nn/parameter.h optim/"
    return "grus.h core/ parallel/ ops/ nn/ optim/ report/ metrics/ training/ data/ options/ page/ formats/ language/ seq2seq/ tasks/ examples/" \
      (f[1] == "deploy" ? " deploy/" : "")
  }
  {
    from = $1; to = $3
    sub(/^[^"]*"/, "", to); sub(/".*/, "", to)
    allowed = allowed_for(from)
    bad = !starts(to, allowed) || to ~ /\.\./
    if (starts(to, "core/backends/") && from !~ /^core\/(backends\/|device\/[a-z_]*\.cpp$)/) bad = 1
    lines++
    if (bad) { print "failed: " $1 ":" $2 " includes \"" to "\"; allowed: " allowed; wrong++ }
  }
  END { if (!lines) print "failed: no includes found"; exit wrong > 0 || !lines }'
