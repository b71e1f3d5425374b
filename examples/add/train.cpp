// The commands `train` and, without a command, the demo.
#include <fmt/format.h>

#include <algorithm>

#include "examples/add/commands.h"
#include "examples/add/pictures.h"
#include "examples/support/run.h"
#include "seq2seq/packed_batches.h"
#include "training/fit.h"

namespace grus::tasks::add {
namespace {

seq2seq::PackedBatches batches_of(const TrainOptions& o, const std::vector<std::string>& questions) {
  return {encode(o.task, questions),
          {.batch_tokens = 0,
           .batch_sentences = o.training.batch,
           .seed = static_cast<uint64_t>(o.training.seed),
           .source_marks = seq2seq::source_marks}};
}

std::string shown(Task task, const std::string& question, const std::string& said) {
  const std::string right = answer(task, question);
  return fmt::format("{} = {}{}", question, said.empty() ? "?" : said,
                     said == right ? "" : fmt::format(" ({})", right));
}

// Judges by unseen questions, and shows a few of them.
training::Validation validation(const TrainOptions& o, const seq2seq::Architecture& model,
                                const std::vector<std::string>& questions) {
  const auto measure = [&o, &model, &questions]() -> std::vector<training::Figure> {
    const std::vector<std::string> said = answers(model, questions);
    const size_t few = std::min<size_t>(questions.size(), 4);
    std::string line;
    for (size_t i = 0; i < few; ++i) line += fmt::format("   {:<20}", shown(o.task, questions[i], said[i]));
    fmt::print("{}\n", line);
    return {{"valid_exact", share_right(o.task, questions, said), true}};
  };
  return {measure, {"valid_exact"}};
}

struct Outcome {
  int code = 0;
  double exact = 0;
};

Outcome train_model(TrainOptions& o, const std::string& command_line) {
  tasks::begin_training(o.training);
  const Questions questions = draw_questions(o.task, o.digits, o.pairs, o.held, static_cast<uint64_t>(o.training.seed));
  const std::unique_ptr<seq2seq::Architecture> model = make_model(o);
  seq2seq::PackedBatches batches = batches_of(o, questions.train);
  const options::Table table = o.table();
  programs::Run run("add", table, o.training,
                    {.title = fmt::format("Task {}, {} digits", text_of(row_of(table, "task")), o.digits),
                     .model = fmt::format("{}, {} states", text_of(row_of(table, "arch")), o.hidden),
                     .command = command_line});
  training::FitOptions fit = run.begin({}, batches.batches());
  fit.validation = validation(o, *model, questions.valid);
  const auto optimizer = make_optimizer(o.training, model->module().named_parameters());
  const auto loss = [&](const nn::ModuleBase&, const seq2seq::PackedBatch& batch) {
    const bool own = o.teacher_forcing < 1;
    seq2seq::BatchLoss of = loss_of(*model, own ? with_own_words(*model, batch, o.teacher_forcing) : batch, 0);
    return training::Loss(std::move(of.loss), static_cast<double>(batch.labels.numel()), std::move(of.nll_sum));
  };
  const training::FitResult result = training::fit(model->module(), *optimizer, batches, loss, fit);
  if (programs::ends_here(result)) return {programs::stopped(result)};
  const std::vector<std::string> said = answers(*model, questions.test);
  report::Figures figures;
  const std::string sections = pictures(o, *model, questions.test, said, figures);
  run.show(sections, figures);
  return {0, share_right(o.task, questions.test, said)};
}

}  // namespace

int train(TrainOptions& o, const std::string& command_line) {
  const Outcome outcome = train_model(o, command_line);
  if (outcome.code == 0)
    fmt::print("{:.2f} % of {} unseen questions right; {}/report.html shows how\n", 100 * outcome.exact, o.held,
               o.training.out);
  return outcome.code;
}

int demo() {
  TrainOptions o;
  o.digits = 2;
  o.pairs = 4000;
  o.held = 400;
  o.training.batch = 32;
  o.training.lr = 5e-3;
  o.training.epochs = 16;
  o.training.out = "add-demo";
  o.training.overwrite = true;
  fmt::print(
      "A network learns to add: it reads the characters of 4,000 sums, and answers sums that it has never seen.\n");
  const Outcome outcome = train_model(o, "add");
  if (outcome.code != 0) return outcome.code;
  fmt::print(
      "{:.1f} % of 400 unseen sums right. Now you:\n"
      "  echo 38+47 | ./dev run add run --model add-demo\n"
      "  ./dev run add train --out sums            # three digits, a minute; add-demo/report.html shows what it looked "
      "at\n",
      100 * outcome.exact);
  return 0;
}

}  // namespace grus::tasks::add
