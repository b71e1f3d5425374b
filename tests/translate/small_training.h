#pragma once
// Trainings of a small translator, for tests.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "examples/seq2seq/resolve.h"
#include "examples/seq2seq/train.h"
#include "examples/seq2seq/training_console.h"
#include "nn/serialize.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/trainer.h"
#include "seq2seq/translator.h"
#include "tests/data/files.h"
#include "training/stop.h"

namespace grus::seq2seq::test {

// In this language "a b c" means "C B A".
struct Text {
  grus::test::Folder folder;
  std::string train, valid;
  explicit Text(size_t pairs) {
    std::string lines;
    for (size_t n = 0; n < pairs; ++n) {
      std::string source, target;
      for (size_t i = 0; i < 1 + n % 4; ++i) {
        const char letter = static_cast<char>('a' + (n * 7 + i * 3) % 10);
        source += (i ? " " : "") + std::string(1, letter);
        target = std::string(1, static_cast<char>(letter - 32)) + (i ? " " : "") + target;
      }
      lines += source + "\t" + target + "\n";
    }
    train = folder.file("train.tsv", lines);
    valid = folder.file("valid.tsv", lines);
  }
  Given flags(const std::string& out, Given more = {}) const {
    Given given = {{"train", train},   {"valid", valid},    {"out", folder.path(out)}, {"tokenizer", "space"},
                   {"emb", "16"},      {"hidden", "24"},    {"batch-tokens", "40"},    {"warmup", "3"},
                   {"average", "0.9"}, {"lr", "0.01"},      {"epochs", "3"},           {"patience", "0"},
                   {"dropout", "0.1"}, {"save-every", "0"}, {"overwrite", "true"}};
    for (const auto& [flag, value] : more)
      if (flag == "batch") std::erase_if(given, [](const auto& pair) { return pair.first == "batch-tokens"; });
    given.insert(given.end(), more.begin(), more.end());
    return given;
  }
};

// Calls `after` behind each step.
struct Watched : TrainingConsole {
  using TrainingConsole::TrainingConsole;
  void step_end(const training::StepEnd& event, training::Control& control) override {
    TrainingConsole::step_end(event, control);
    if (after) after(event.step);
  }
  std::function<void(int64_t step)> after;
};

// A run in this process, which can be stopped after any step.
struct Run {
  TrainOptions options;
  Corpora corpora;
  Codecs codecs;
  std::unique_ptr<Architecture> model;
  Watched watched;
  Trainer trainer;

  explicit Run(const Given& given)
      : options(resolve_options(given)),
        corpora(read_texts(options)),
        codecs(learn_codecs(options, vocabulary_text(options, corpora), [](std::string_view) {})),
        model(make_architecture(options, codecs.sizes())),
        watched(options),
        trainer(options, *model, codecs, corpora, watched.hooks()) {}
};

inline nn::NamedTensors state_of(const Run& run) {
  return nn::read_safetensors(ModelFolder(run.options.out).state()).tensors;
}

inline void check_equal(const nn::NamedTensors& a, const nn::NamedTensors& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name == b[i].name);
    CHECK_MESSAGE(a[i].tensor.to_bytes() == b[i].tensor.to_bytes(), a[i].name);
  }
}

}  // namespace grus::seq2seq::test
