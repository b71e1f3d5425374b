// The subcommands `eval` and `attend`.
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "core/base/atomic_file.h"
#include "data/pairs/bleu.h"
#include "data/pairs/chrf.h"
#include "data/pairs/corpus.h"
#include "data/read/text.h"
#include "examples/seq2seq/report.h"
#include "examples/translate/commands.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/translator.h"
#include "tasks/base/machine.h"
#include "training/terminal_line.h"

namespace grus::translate {

SavedModel load_one(const UseOptions& options) {
  tasks::use_machine(options.machine);
  return ModelFolder::of(options.model).load();
}

int eval(const EvalOptions& options) {
  const Translator models = load_models(options.use);
  std::optional<AtomicFile> output;
  if (!options.output.empty()) output.emplace(options.output);
  const data::ReferenceCorpus text = data::read_references(options.source, options.references);
  require_translatable(text, options.source);
  const std::shared_ptr<const Shortlist> shortlist = load_shortlist(options.use, models);
  SearchOptions search = search_options(options.use);
  search.shortlist = shortlist.get();
  const double started = training::seconds_now();
  const std::vector<std::string> said = models(text.source, search);
  const double seconds = training::seconds_now() - started;
  if (output) {
    output->write(fmt::format("{}\n", fmt::join(said, "\n")));
    output->commit();
  }
  fmt::print("{}\n{}\n", data::corpus_bleu(said, text.references, {options.tokenize, options.lowercase}).line(),
             data::corpus_chrf(said, text.references, options.lowercase).line());
  std::vector<std::string> targets;
  for (const auto& references : text.references) targets.push_back(references.front());
  for (const SavedModel& saved : models.models()) {  // each model alone
    const Likelihood sum =
        likelihood(*saved.model, {saved.codecs.source.encode(text.source), saved.codecs.target.encode(targets)});
    fmt::print("perplexity = {:.4f} ({} target tokens, teacher forcing)\n",
               std::exp(sum.nll / static_cast<double>(sum.tokens)), sum.tokens);
  }
  fmt::print("{:.1f} sentences/s (beam {})\n", static_cast<double>(said.size()) / seconds, options.use.beam);
  return 0;
}

int attend(const AttendOptions& options) {
  const SavedModel saved = load_one(options.use);
  require<DataError>(saved.model->has_attention(), "{}: need a model with attention, got --arch {}", options.use.model,
                     saved.model->name());
  AtomicFile picture(options.out);
  const std::string line = data::clean_line(options.sentence, "the sentence", 1);
  require_translatable(std::vector<std::string>{line}, "the sentence");
  SearchOptions search = search_options(options.use);
  search.weights = true;
  const Translation best = seq2seq::translate(*saved.model, saved.codecs, {line}, search).front().front();
  require<DataError>(!best.alignment.weights.empty(), "need a sentence with words and a model with attention, got '{}'",
                     line);
  picture.write(render_alignment_svg(in_words(best.alignment)));
  picture.commit();
  fmt::print("{}\n", best.text);
  return 0;
}

}  // namespace grus::translate
