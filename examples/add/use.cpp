// The commands `eval` and `run`.
#include <fmt/format.h>

#include "examples/add/commands.h"
#include "examples/support/input_lines.h"

namespace grus::tasks::add {
options::Table EvalOptions::table() {
  return options::joined({{{"digits", "Data", &digits, "digits of each number (0: those of the training)", 0, 30},
                           {"count", "Data", &count, "questions", 1, 1e6},
                           {"seed", "Data", &seed, "every random choice follows from it", 0, options::any_number}},
                          use_rows(use)});
}

int eval(EvalOptions& o, const std::string&) {
  const Loaded loaded = load(o.use);
  const TrainOptions& trained = loaded.options;
  // The training's own questions are drawn again, so that none of them is asked.
  const bool same = o.digits == 0 || o.digits == trained.digits;
  const Questions questions = same ? draw_questions(trained.task, trained.digits, trained.pairs, trained.held,
                                                    static_cast<uint64_t>(trained.training.seed))
                                   : draw_questions(trained.task, o.digits, 0, o.count, static_cast<uint64_t>(o.seed));
  const std::vector<std::string> said = answers(*loaded.model, questions.test);
  fmt::print("{:.2f} % of {} questions of {} digits right{}\n", 100 * share_right(trained.task, questions.test, said),
             said.size(), same ? trained.digits : o.digits, same ? ", none of which was trained on" : "");
  return 0;
}

int run(RunOptions& o, const std::string&) {
  const Loaded loaded = load(o.use);
  programs::for_input(o.questions, "question", 1, [&](std::span<const programs::InputLine> lines) {
    const programs::InputLine& question = lines.front();
    check_question(loaded.options.task, question.text, question.where);
    fmt::print("{}\n", answers(*loaded.model, {question.text}).front());
  });
  return 0;
}

}  // namespace grus::tasks::add
