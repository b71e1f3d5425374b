// What `listen` does without a command: it learns the letters of words that are made by rule.
#include <fmt/format.h>

#include <set>

#include "core/base/folder.h"
#include "data/read/wav.h"
#include "examples/listen/commands.h"
#include "tasks/listen/made_words.h"

namespace grus::tasks::listen {
namespace {

constexpr int64_t trained = 400, unseen = 60;

// Writes recordings of words, each different, of which the last ones are for the test.
void make_recordings(const std::filesystem::path& folder) {
  for (const char* part : {"train", "test"}) {
    std::filesystem::remove_all(folder / part);
    make_folder(folder / part);
  }
  Rng rng(1);
  std::set<std::string> known;
  while (std::ssize(known) < trained + unseen) {
    const std::string word = draw_word(rng);
    if (!known.insert(word).second) continue;
    const std::vector<float> samples = spoken(word, draw_voice(rng), rng);
    const char* part = std::ssize(known) <= trained ? "train" : "test";
    data::write_wav((folder / part / (word + "_1.wav")).string(), Tensor::from(samples), 8000);
  }
}

}  // namespace

int demo() {
  const std::string folder = "listen-demo";
  TrainOptions o;
  o.train = folder + "/words/train";
  o.test = folder + "/words/test";
  o.model.target = Target::letters;
  o.model.layers = 1;
  o.model.dropout = 0.1;
  o.training.epochs = 20;
  o.training.lr = 1e-2;
  o.training.batch = 16;
  o.training.out = folder + "/model";
  o.training.overwrite = true;
  if (!data::has_fourier_transform()) return train(o, "listen");  // says what is missing
  make_recordings(folder + "/words");
  fmt::print(
      "Voices made of formants and noise speak {} words of the letters a e i o u m n s t; a network learns to spell\n"
      "them without being told which sound is which letter, and hears words that it has never met:\n",
      trained);
  if (const int code = train(o, "listen"); code != 0) return code;
  fmt::print(
      "\nSome of the unseen words: what it heard, with its probability, and the file that begins with what was said\n");
  RunOptions some;
  some.use.model = o.training.out;
  int64_t count = 0;
  for (const data::Recording& one : data::read_recordings(o.test, {}))
    if (count++ % 10 == 0) some.files.push_back(one.file);
  run(some, "listen");
  fmt::print(
      "\nNow you:\n"
      "  listen-demo/model/report.html shows where it heard each letter; listen-demo/words has the sounds\n"
      "  ./dev data fsdd && ./dev run listen train --help      # spoken digits; or your own recordings\n");
  return 0;
}

}  // namespace grus::tasks::listen
