#include "tests/deploy/models.h"

#include <fmt/format.h>

#include <cmath>

#include "data/text/sentencepiece.h"

namespace grus::test {
namespace {

struct Made {
  const char *task, *program;  // what the model is for, and the variable that names the program's file
  std::string data, flags, input, run;
};

std::string months() {
  std::string table = "month,up,down\n";
  for (int i = 0; i < 120; ++i)
    table += fmt::format("{}-{:02},{:.3f},{:.3f}\n", 2000 + i / 12, i % 12 + 1, 0.1 * i + std::sin(i), -1.0 * (i % 7));
  return table;
}

std::string pairs() {
  std::string text;
  for (int i = 0; i < 40; ++i) text += i % 2 == 0 ? "a b c\tA B C\n" : "c a\tC A\n";
  return text;
}

PackedModel make(const Folder& folder, const Made& made) {
  const std::string name = made.task, program = made.program;
  const std::string model = folder.path(name), pack = folder.path(name + ".grus");
  const bool is_table = program == "FORECAST" || program == "CLASSIFY";
  const std::string data = folder.file(name + (is_table ? ".csv" : ".txt"), made.data);
  const auto call = [&](const std::string& arguments, const std::string& before = "") {
    const ProgramResult result = run_program(folder, made.program, arguments, before);
    REQUIRE_MESSAGE(result.code == 0, result.err);
    return result.out;
  };
  const std::string source = program == "FORECAST" ? "--data " + data : "--train " + data + " --valid " + data;
  call("train " + source + " --out " + model + " --threads 1 --epochs 2 " + made.flags);
  call("pack --model " + model + " --out " + pack);
  const std::string input = folder.file(name + ".in", made.input);
  const std::string before = program == "TRANSLATE" || program == "CLASSIFY" ? "cat " + input + " |" : "";
  const std::string more = program == "FORECAST" ? " --data " + input : "";
  return {pack, made.input, call(made.run + " --model " + pack + more, before)};
}

}  // namespace

const std::map<std::string, PackedModel>& packed_models() {
  static const Folder folder;
  static const std::map<std::string, PackedModel> all = [] {
    const std::string table = months(), text = "the cat sat.\na dog ran\nthe cat ran.\n";
    const std::string classes = "label,text\ngood,a fine film\nbad,a poor film\ngood,so fine\nbad,so poor\n";
    std::map<std::string, PackedModel> made;
    for (const Made& one : {
             Made{"translate", "TRANSLATE", pairs(), "--tokenizer word --emb 8 --hidden 8 --warmup 1 --patience 0",
                  "a b c\n\nc a b a\nx", "run"},
             Made{"classify", "CLASSIFY", classes, "--emb 8 --hidden 4 --min-count 1 --patience 0",
                  "so fine\n\na poor dog\n", "run"},
             Made{"forecast", "FORECAST", table, "--window 12 --horizon 3 --hidden 4 --patience 0", table, "run"},
             Made{"write", "WRITE", text + text + text, "--emb 6 --hidden 8 --layers 1 --batch 2 --window 8 --warmup 1",
                  "the c\n", "run --length 20 --prompt 'the c'"},
         })
      made.emplace(one.task, make(folder, one));
    if (!data::sentencepiece_available()) return made;
    for (const char* task : {"translate-bpe", "translate-unigram"}) {
      const std::string flags = fmt::format("--tokenizer {} --vocab 16 --emb 8 --hidden 8 --warmup 1 --patience 0",
                                            std::string_view(task).substr(10));
      made.emplace(task,
                   make(folder, {task, "TRANSLATE", pairs(), flags, "a b c\n\nc \u00E9\u00E9 a\n  b\u2581 x", "run"}));
    }
    return made;
  }();
  return all;
}

}  // namespace grus::test
