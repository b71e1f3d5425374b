#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "examples/phrases/table_corpus.h"
#include "report/map_page.h"
#include "tests/data/files.h"
#include "tests/support/well_formed.h"

using namespace grus;
using namespace grus::phrases;

TEST_CASE("tables: pairs count once, whatever their frequencies and form") {
  const test::Folder folder;
  const std::string file = folder.file("t", "a\tA\tAA\na ||| A ||| 1\nb\tB\na\tA\na\tC\n");
  const data::ParallelCorpus pairs = read_pairs(file, false);
  CHECK(pairs.source == std::vector<std::string>{"a", "b", "a"});
  CHECK(pairs.target == std::vector<std::string>{"A", "B", "C"});
  CHECK(read_pairs(file, false, true).size() == 4);
  const data::ReferenceCorpus grouped = group_by_source(pairs);
  CHECK(grouped.source == std::vector<std::string>{"a", "b"});
  CHECK(grouped.references == std::vector<std::vector<std::string>>{{"A", "C"}, {"B"}});
}

TEST_CASE("tables: what is held out shares no source phrase with what is trained on") {
  data::ParallelCorpus train;
  for (int i = 0; i < 2000; ++i) {
    train.source.push_back("phrase " + std::to_string(i / 2));
    train.target.push_back("target " + std::to_string(i));
  }
  const data::ParallelCorpus held = hold_out(train, 50);
  CHECK(train.size() + held.size() == 2000);
  CHECK(held.size() > 10);
  CHECK(held.size() < 100);
  const std::set<std::string> kept(train.source.begin(), train.source.end());
  for (const std::string& source : held.source) CHECK_FALSE(kept.contains(source));
}

TEST_CASE("maps: the page is well formed but for its script") {
  report::LabelMap map{.description = "words"};
  map.points = {{.x = 0, .y = 1, .label = "a & b"}, {.x = 2, .y = 0, .label = "<c>"}};
  std::string page = report::render_maps({.title = "T & U",
                                          .model = "m",
                                          .sections = {{"Words", map, "caption"}},
                                          .method = "read",
                                          .facts = {{"seed", "1"}},
                                          .command = "phrases draw <x>"});
  const size_t begin = page.find("<script>"), end = page.find("</script>");
  page.erase(begin, end + 9 - begin);
  CHECK(test::not_well_formed(page.substr(page.find('\n') + 1)) == "");
}
