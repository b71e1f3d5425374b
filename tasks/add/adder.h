#pragma once
// A network that answers questions about digits: what `add train` left in a folder or pack, and its answers.
//   const tasks::add::Loaded adder = tasks::add::load({.model = "models/sums"});
//   tasks::add::answers(*adder.model, {"12+7"})[0]   // "19"
#include <memory>
#include <string>
#include <vector>

#include "seq2seq/architecture.h"
#include "seq2seq/options.h"
#include "tasks/add/questions.h"
#include "tasks/base/run_options.h"

namespace grus::tasks::add {

/// What stands between question and answer: the encoder's last state alone; that, seen at every step; attention.
enum class Arch { simple, peeky, attention };

/// What `train` reads; a model's folder keeps it.
struct TrainOptions {
  Task task = Task::add;
  int64_t digits = 3, pairs = 100000, held = 1000;
  Arch arch = Arch::attention;
  seq2seq::Unit unit = seq2seq::Unit::gru;
  int64_t embedding = 32, hidden = 64, layers = 1;
  double teacher_forcing = 1;
  tasks::TrainingOptions training;

  TrainOptions();
  options::Table table();
};
std::unique_ptr<seq2seq::Architecture> make_model(const TrainOptions& o);

struct Loaded {
  TrainOptions options;
  std::unique_ptr<seq2seq::Architecture> model;
};
/// Loads a model. Throws DataError for a folder that holds none.
Loaded load(const tasks::UseOptions& use);

/// Returns the answers that the model gives, the likeliest digit each time.
std::vector<std::string> answers(const seq2seq::Architecture& model, const std::vector<std::string>& questions);
/// Returns the share of answers that are right.
double share_right(Task task, const std::vector<std::string>& questions, const std::vector<std::string>& said);

}  // namespace grus::tasks::add
