// What `encode` does without a command: it learns sentences that the program carries, then a machine's readings.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/atomic_file.h"
#include "core/base/folder.h"
#include "data/read/text.h"
#include "examples/encode/commands.h"
#include "examples/translate/demo_data.h"
#include "tasks/encode/made_machine.h"

namespace grus::tasks::encode {
namespace {

// Writes the English sides of sentence pairs, each once, as lines.
void write_english(const std::string& file, std::string_view tsv_gz) {
  write_file_atomically(file, tsv_gz);
  std::vector<std::string> lines = data::read_lines(file);
  for (std::string& line : lines) line.resize(std::min(line.find('\t'), line.size()));
  std::string text;
  std::string_view before;
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) {
    if (line != before) text += line + "\n";
    before = line;
  }
  write_file_atomically(file, text);
}

int learn_sentences(const std::string& folder) {
  TrainOptions o;
  o.text = folder + "/sentences.txt";
  o.valid = folder + "/valid.txt";
  o.test = folder + "/test.txt";
  o.training.out = folder + "/sentences";
  o.training.overwrite = true;
  o.training.epochs = 5;
  write_english(o.text, translate::train_tsv_gz);
  write_english(o.valid, translate::valid_tsv_gz);
  write_english(o.test, translate::test_tsv_gz);
  fmt::print(
      "Short English sentences (Tatoeba, CC BY 2.0): each becomes one vector, from which a GRU writes it again.\n");
  return train(o, "encode");
}

void walk_between(const std::string& folder) {
  fmt::print("\nFrom one sentence to another, along the straight line between their vectors:\n");
  BetweenOptions o;
  o.use.model = folder + "/sentences";
  o.lines = {"i can't swim.", "tom is a very good teacher."};
  o.steps = 8;
  between(o, "encode");
}

int learn_machine(const std::string& folder) {
  TrainOptions o;
  o.choose({{"series", ""}});
  o.series = folder + "/machine.csv";
  o.label = "fault";
  o.split = "0.6,0.2,0.2";
  o.training.out = folder + "/machine";
  o.training.overwrite = true;
  write_file_atomically(o.series, machine_with_faults(7));
  fmt::print(
      "\nA machine's readings by the hour, made by rule; it learns how they run, and faults are planted behind "
      "that:\n");
  return train(o, "encode");
}

}  // namespace

int demo() {
  const std::string folder = "encode-demo";
  make_folder(folder);
  if (const int code = learn_sentences(folder); code != 0) return code;
  walk_between(folder);
  if (const int code = learn_machine(folder); code != 0) return code;
  fmt::print(
      "\nNow you:\n"
      "  ./dev run encode between --model encode-demo/sentences 'i love you.' 'where is the station?'\n"
      "  ./dev run encode neighbours --model encode-demo/sentences 'she is very tired.'\n"
      "  ./dev run encode run --model encode-demo/machine | head     # each hour's score\n"
      "  ./dev run encode train --text LINES.txt --out MODEL         # your own lines, or --series TABLE.csv\n"
      "encode-demo/sentences/report.html and encode-demo/machine/report.html draw all of it.\n");
  return 0;
}

}  // namespace grus::tasks::encode
