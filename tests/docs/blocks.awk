# Makes a test program of a page: each ```cpp block becomes a test case named after its heading.   awk -f blocks.awk PAGE
BEGIN { print "#include \"tests/docs/recipe.h\"" }
/^## / { title = substr($0, 4); gsub(/"/, "\\\"", title) }
/^```$/ && inside { print "}"; inside = 0; next }
inside { print; next }
/^```cpp$/ {
  inside = 1
  printf "TEST_CASE_FIXTURE(Recipe, \"recipes: %s\") {\n#line %d \"%s\"\n", title, NR + 1, FILENAME
}
