// Options of `write`, and the files of its models.
#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "data/read/text.h"
#include "tasks/base/model_files.h"
#include "tasks/write/writer.h"

namespace grus::tasks::write {

using options::any_count;
using options::choice;
using options::joined;
using options::of_model;
using options::Table;
using options::words;

TrainOptions::TrainOptions() {
  training.epochs = 8;
  training.lr = 2e-3;
  training.schedule = tasks::ScheduleKind::cosine;
  training.warmup = 100;
}

void TrainOptions::check(const options::Given& given) {
  const bool attends = model.body == nn::LanguageBody::transformer;
  options::require_read(given, table(),
                        {{"heads", attends, "transformer", "arch"}, {"weight-drop", !attends, "gru or lstm", "arch"}});
}

void TrainOptions::choose(const options::Given& given) {
  const std::string* arch = options::find(given, "arch");
  if (!arch || *arch != "transformer") return;
  model.embedding = 128;
  model.layers = 4;
  model.dropout = 0.1;
  training.lr = 1e-3;
  window = 128;
}

Table TrainOptions::table() {
  const std::string_view f = "Files", t = "Text", m = "Model", g = "Training";
  constexpr double size = 65536;
  return joined({
      {{"train", f, &train, "text to learn from (plain or gzip)"},
       {"valid", f, &valid, "text that chooses the weights; none: the last part of --train"},
       {"test", f, &test, "text that is measured once, at the end"},
       {"holdout", t, &holdout, "that part, where --valid names none", 0, 0.9}},
      of_model({
          {"tokenizer", t, &tokenizer,
           "verbatim (characters, every space kept), char, word, space (words are tokenised already), bpe or unigram"},
          {"vocab", t, &vocab, "vocabulary size (0: no limit; bpe and unigram need one)", 0, 1e7},
          {"min-count", t, &min_count, "rarer pieces are unknown (not for bpe and unigram)", 1, any_count},
          words("arch", m, choice(&model.body), "what carries the past on", {"gru", "lstm", "transformer"}),
          {"emb", m, &model.embedding, "size of a piece's vector (transformer: of all layers)", 1, size},
          {"hidden", m, &model.hidden, "size of a state (transformer: of the feed-forward parts)", 1, size},
          {"layers", m, &model.layers, "layers", 1, 64},
          {"heads", m, &model.heads, "heads of a transformer", 1, 1024},
          {"tied", m, &model.tied, "the output layer has the embedding's weights, behind a projection if need be"},
          {"window", g, &window, "steps that gradients go back; a transformer sees no more", 1, size},
      }),
      {{"dropout", m, &model.dropout, "locked dropout between layers and of the last", 0, 1, true},
       {"input-dropout", m, &model.input_dropout, "the same of the embedded pieces", 0, 1, true},
       {"word-dropout", m, &model.word_dropout, "of whole pieces: all places of one in a window", 0, 1, true},
       {"weight-drop", m, &model.weight_drop, "of recurrent weights", 0, 1, true},
       {"temperature", g, &temperature, "of the samples that are shown", 0, 100}},
      training_rows(training),
  });
}

Table UseOptions::table() {
  return joined({{{"model", "Files", &model, "folder, pack or name of the model"}}, machine_rows(machine)});
}

Table RunOptions::table() {
  const std::string_view g = "Sample";
  return joined({{{"prompt", g, &prompt, "what the text begins with; \\n is a line's end"},
                  {"length", g, &length, "pieces at most", 1, any_count},
                  {"lines", g, &lines, "lines at most (0: no limit)", 0, any_count},
                  {"samples", g, &samples, "how many texts", 1, any_count},
                  {"temperature", g, &draw.temperature, "scores are divided by it; 0 takes the likeliest", 0, 100},
                  {"top-k", g, &draw.top_k, "draw among so many likeliest (0: all)", 0, any_count},
                  {"top-p", g, &draw.top_p, "draw among the likeliest that together have this probability", 1e-9, 1},
                  {"seed", g, &seed, "every random choice follows from it", 0, options::any_number}},
                 UseOptions::table()});
}

std::vector<std::string> write_files(const std::filesystem::path& folder, const data::Codec& codec, int64_t unknown) {
  codec.save((folder / "pieces").string());
  std::vector<std::string> names{"pieces.vocab"};
  if (data::is_trained_kind(codec.tokenizer().kind())) names.push_back("pieces.model");
  write_file_atomically(folder / "unknown.txt", fmt::format("{}\n", unknown));
  names.push_back("unknown.txt");
  return names;
}

Loaded load(const std::string& folder, const tasks::MachineOptions& machine) {
  tasks::begin_use({.model = folder, .machine = machine});
  TrainOptions o;
  tasks::load_options("write", folder, o.table());
  const std::filesystem::path path = folder;
  data::Codec codec = data::Codec::load(o.tokenizer, (path / "pieces").string());
  o.model.vocabulary = codec.size();
  o.model.context = o.window;
  nn::LanguageModel model = tasks::make_model(path, [&] { return nn::LanguageModel(o.model); });
  tasks::load_weights(folder, model);
  const bool known = data::read_whole_file((path / "unknown.txt").string()) != "0\n";
  return {std::move(o), std::move(codec), std::move(model), known};
}

}  // namespace grus::tasks::write
