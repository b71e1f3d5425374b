#!/bin/sh
# A unit is a header and the files that hold what it declares: X.h and X.cpp, or those that the last lines of the header's first
# comment name, from the header's folder or from the root:
#   // Sources: optimizer.cpp (the step), optimizer_groups.cpp, attention_gru_parts.h.
# Fails for a source without a header of its name that no header names (programs and modules, which nobody includes, aside), for
# a name without a file, for a file that two headers of its folder name, and for a header whose functions have no source.
# `units.sh ROOT list` prints "header file" for each file named.
set -eu
cd "$1"
named=$(mktemp) && trap 'rm -f "$named" "$named".*' EXIT
rooms='core parallel ops nn optim report metrics training data options page formats language seq2seq tasks examples deploy'
find $rooms -name '*.h' | sort >"$named.headers"
find $rooms -name '*.cpp' | sort >"$named.cpp"
xargs awk '
  FNR == 1 { head = 1; inside = 0 }
  FNR > 1 && !/^\/\// { head = 0 }
  !head { next }
  /^\/\/ Sources: / { inside = 1 }
  inside {
    rest = $0; gsub(/\([^)]*\)/, "", rest)
    while (match(rest, /[A-Za-z0-9_\/-]+\.(cpp|h)/)) {
      file = substr(rest, RSTART, RLENGTH); rest = substr(rest, RSTART + RLENGTH)
      folder = FILENAME; sub(/[^\/]*$/, "", folder)
      print FILENAME, (file ~ /\// ? file : folder file)
    }
  }' <"$named.headers" >"$named"
if [ "${2:-}" = list ]; then cat "$named"; exit; fi
sed 's/\.h$/.cpp/' "$named.headers" | cat - "$named.cpp" | sort | uniq -d >"$named.own"
xargs grep -lE '^NB_MODULE\(|^int main\(|^const grus::KernelTable\* grus_backend\(' <"$named.cpp" >"$named.alone"
# Where a file declares a function and gives no body, outside of other bodies: its first such statement.
xargs awk '
  function scan(line,   i, c) {
    for (i = 1; i <= length(line); i++) {
      c = substr(line, i, 1)
      if (c == "{") {
        depth++; body[depth] = body[depth - 1] || text !~ /(^|[ \n])(namespace|class|struct|union|extern)( |$)/ || text ~ /\)[a-z ]*$/
        text = ""
      } else if (c == "}") {
        if (body[depth] && !body[depth - 1]) text = ""
        depth--
      } else if (body[depth]) {
        continue
      } else if (c == ";") {
        if (text ~ /[A-Za-z0-9_>&*] [&*]*[a-z_]+[(].*[)]( const| noexcept)*$/ && text !~ /using |typedef |return |friend | = |operator|^ *static_assert/ && !(FILENAME in seen)) {
          seen[FILENAME]; print FILENAME ":" FNR
        }
        text = ""
      } else if (c == ":" && text ~ /^ *(public|private|protected)$/) text = ""
      else text = text c
    }
    text = text " "
  }
  FNR == 1 { depth = 0; text = ""; delete body; body[0] = 0 }
  /^ *#/ { next }
  { sub(/\/\/.*/, ""); gsub(/  +/, " "); scan($0) }' <"$named.headers" >"$named.declare"
awk -v named="$named" -v own="$named.own" -v alone="$named.alone" -v declare="$named.declare" -v headers="$named.headers" -v cpp="$named.cpp" '
  function wrong(text) { print "failed: " text; failures++ }
  function folder(file) { sub(/[^\/]*$/, "", file); return file }
  BEGIN {
    while ((getline file <cpp) > 0) sources[file]
    while ((getline file <headers) > 0) sources[file]
    while ((getline file <own) > 0) has_header[file]
    while ((getline file <alone) > 0) stands_alone[file]
    while ((getline line <named) > 0) {
      split(line, part, " "); header = part[1]; file = part[2]; names_some[header]
      if (!(file in sources)) wrong(header ": need files of this tree after \"Sources:\", got " file)
      if ((file in by) && folder(file) == folder(header) && folder(file) == folder(by[file])) wrong(file ": need one header that names it, got " by[file] " and " header)
      if (!(file in by) || folder(file) == folder(header)) by[file] = header
    }
    for (file in sources)
      if (file ~ /\.cpp$/ && !(file in has_header) && !(file in by) && !(file in stands_alone))
        wrong(file ": need a header of its name, or one with \"// Sources: ...\" that names it, got neither")
    while ((getline line <declare) > 0) {
      split(line, place, ":"); source = place[1]; sub(/\.h$/, ".cpp", source)
      if (!(source in sources) && !(place[1] in names_some) && !(place[1] in by))
        wrong(line ": need " source " or a comment \"// Sources: ...\" for a function that is declared here, got neither")
    }
    exit failures > 0
  }' | sort >"$named.failed"
cat "$named.failed"; [ ! -s "$named.failed" ]
