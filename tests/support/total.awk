# Adds up meson's testlog.txt: doctest executables print "N passed, N failed, N skipped" (tests/support/main.cpp); any other
# test, and one that crashed before it could count, is one test. Exits 1 when something failed.
function close_test() {
  if (name == "") return
  if (result == "exit status 77") { skipped++; if (!counted) skips[++s] = name ": " last }
  else if (result != "exit status 0" && !failures) { failed++; fails[++f] = name ": " result }
  else if (!counted && result == "exit status 0") passed++
  name = ""
}
/^=+ [0-9]+\/[0-9]+ =+$/ { close_test(); counted = failures = 0; last = "" }
/^test: / { if (!counted) { name = $2 } }
/^result: / { result = $0; sub(/^result: */, "", result) }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5; failures = $3; counted = 1 }
/^skipped: / { skips[++s] = name ": " substr($0, 10) }
/^failed: / { sub(/\(\.\.\//, "("); fails[++f] = name ": " substr($0, 9) }
{ last = $0 }
END {
  close_test()
  for (i = 1; i <= s; i++) print "skipped: " skips[i]
  for (i = 1; i <= f; i++) print "failed: " fails[i]
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit failed > 0
}
