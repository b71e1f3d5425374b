#include "tasks/add/adder.h"

#include "seq2seq/search.h"
#include "tasks/base/model_files.h"

namespace grus::tasks::add {

using options::choice;
using options::of_model;
using options::Table;
using options::words;

TrainOptions::TrainOptions() {
  training.epochs = 6;
  training.batch = 128;
  training.lr = 8e-3;
  training.average = 0.99;
  training.schedule = tasks::ScheduleKind::cosine;
  training.warmup = 100;
}

Table TrainOptions::table() {
  const std::string_view d = "Data", m = "Model";
  return options::joined({
      of_model({
          words("task", d, choice(&task), "what is asked", {"add", "copy", "reverse", "sort"}),
          {"digits", d, &digits, "digits of a number at most", 1, 30},
          {"pairs", d, &pairs, "questions to learn from", 1, 1e7},
          {"held", d, &held, "unseen questions for validation, and as many for the test", 1, 1e6},
          words("arch", m, choice(&arch),
                "the answer sees the last state, sees it at every step, or looks at each digit",
                {"simple", "peeky", "attention"}),
          words("unit", m, choice(&unit), "of the layers", {"gru", "lstm"}),
          {"emb", m, &embedding, "size of a digit's vector", 1, 4096},
          {"hidden", m, &hidden, "size of a state", 1, 4096},
          {"layers", m, &layers, "layers of encoder and decoder", 1, 16},
      }),
      {{"teacher-forcing", "Training", &teacher_forcing, "chance, a step, that the decoder reads the true digit", 0,
        1}},
      training_rows(training),
  });
}

std::unique_ptr<seq2seq::Architecture> make_model(const TrainOptions& o) {
  const bool attends = o.arch == Arch::attention;
  seq2seq::TrainOptions recipe;
  recipe.model.arch = attends ? "bahdanau" : o.arch == Arch::peeky ? "rnn-encdec" : "sutskever";
  seq2seq::use_recipe(recipe);
  seq2seq::ModelOptions& m = recipe.model;
  m.embedding = o.embedding;
  m.hidden = o.hidden;
  m.tie = seq2seq::Tie::none;
  m.dropout = 0;
  m.layers = o.layers;
  m.unit = o.unit;
  if (!attends) m.source_order = seq2seq::SourceOrder::forward;
  Rng rng(static_cast<uint64_t>(o.training.seed));
  return seq2seq::make_architecture(m, {vocabulary().size(), vocabulary().size()}, rng);
}

std::vector<std::string> answers(const seq2seq::Architecture& model, const std::vector<std::string>& questions) {
  std::vector<std::vector<int32_t>> sources;
  for (const std::string& question : questions) sources.push_back(encode(question));
  std::vector<std::string> texts;
  for (const auto& best : seq2seq::search(model, sources, {.beam = 1})) texts.push_back(decode(best.front().ids));
  return texts;
}

double share_right(Task task, const std::vector<std::string>& questions, const std::vector<std::string>& said) {
  int64_t right = 0;
  for (size_t i = 0; i < questions.size(); ++i) right += said[i] == answer(task, questions[i]);
  return static_cast<double>(right) / static_cast<double>(questions.size());
}

Loaded load(const tasks::UseOptions& use) {
  begin_use(use);
  Loaded loaded;
  tasks::load_options("add", use.model, loaded.options.table());
  loaded.model = tasks::make_model(use.model, [&] { return make_model(loaded.options); });
  tasks::load_weights(use.model, loaded.model->module());
  return loaded;
}

}  // namespace grus::tasks::add
