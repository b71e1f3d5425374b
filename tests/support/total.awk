# Adds up meson's testlog.txt: doctest executables print "N passed, N failed, N skipped" (tests/support/main.cpp); any other
# test (a script: exit 77 and "skipped: REASON"), and one that crashed before it could count, is one. Exits 1 on failures.
function close_test() {
  if (name == "") return
  if (result == "exit status 77") skipped++
  else if (result != "exit status 0" && !failures) { failed++; if (!told) fails[++f] = name ": " result }
  else if (!counted && result == "exit status 0") passed++
  name = ""
}
/^=+ [0-9]+\/[0-9]+ =+$/ { close_test(); counted = failures = told = 0 }
/^test: / { if (!counted) { name = $0; sub(/^test: *([^ ]* [/] )?/, "", name) } }
/^result: / { result = $0; sub(/^result: */, "", result) }
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed += $1; failed += $3; skipped += $5; failures = $3; counted = 1 }
/^skipped: / { skips[++s] = name ": " substr($0, 10) }
/^failed: / { told = 1; sub(/\(\.\.\//, "("); fails[++f] = name ": " substr($0, 9) }
END {
  close_test()
  for (i = 1; i <= s; i++) print "skipped: " skips[i]
  for (i = 1; i <= f; i++) print "failed: " fails[i]
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit failed > 0
}
