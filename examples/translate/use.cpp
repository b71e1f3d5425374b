// The subcommands that use a trained model.
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/atomic_file.h"
#include "data/bleu.h"
#include "data/chrf.h"
#include "data/corpus.h"
#include "data/text.h"
#include "examples/seq2seq/console.h"
#include "examples/seq2seq/ensemble.h"
#include "examples/seq2seq/likelihood.h"
#include "examples/seq2seq/machine.h"
#include "examples/seq2seq/translator.h"
#include "examples/translate/commands.h"

namespace grus::translate {
namespace {

Ensemble load(const UseOptions& options) {
  use_machine(options.device, options.threads, options.precision);
  return Ensemble(options.model, options.rescore);
}

// For what only one model can do.
SavedModel load_one(const UseOptions& options) {
  use_machine(options.device, options.threads, options.precision);
  return ModelFolder(options.model).load();
}

std::string json_line(const Alignment& alignment) {
  nlohmann::ordered_json weights = nlohmann::ordered_json::array();
  const size_t width = alignment.source.size();
  for (size_t t = 0; t < alignment.target.size(); ++t)
    weights.push_back(std::vector<float>(alignment.weights.begin() + static_cast<int64_t>(t * width),
                                         alignment.weights.begin() + static_cast<int64_t>((t + 1) * width)));
  const nlohmann::ordered_json json = {
      {"source", alignment.source}, {"target", alignment.target}, {"weights", weights}};
  return json.dump() + "\n";
}

// Up to `most` lines; the rest of a chunk stays for the next call. A terminal gives one line at a time.
std::vector<std::string> read_chunk(int64_t& line, size_t most) {
  std::vector<std::string> lines;
  std::string text;
  while (lines.size() < most && std::getline(std::cin, text))
    lines.push_back(data::clean_line(text, "standard input", ++line));
  return lines;
}

void print_translations(const std::vector<Translation>& translations, int64_t index, bool n_best) {
  if (!n_best) {
    std::cout << translations.front().text << '\n';
    return;
  }
  for (const Translation& t : translations) std::cout << fmt::format("{} ||| {} ||| {:.6f}\n", index, t.text, t.score);
}

}  // namespace

SearchOptions search_options(const UseOptions& options) {
  return {.beam = options.beam,
          .length_penalty = options.length_penalty,
          .max_length = options.max_length,
          .enough = options.enough,
          .prune = options.prune,
          .batch_rows = options.batch * options.beam};
}

int run(const RunOptions& options) {
  std::ios::sync_with_stdio(false);
  const Ensemble models = load(options.use);
  const Architecture& first = *models.first().model;
  SearchOptions search = search_options(options.use);
  search.n_best = options.n_best;
  search.weights = !options.alignments.empty();
  require<UsageError>(!search.weights || first.has_attention(),
                      "--alignments: need a model with attention, got --arch {}", first.name());
  std::optional<AtomicFile> alignments;
  if (search.weights) alignments.emplace(options.alignments);
  const size_t chunk = standard_input_is_terminal() ? 1 : static_cast<size_t>(options.use.batch) * 16;
  int64_t line = 0, index = 0;
  for (;;) {
    const std::vector<std::string> lines = read_chunk(line, chunk);
    if (lines.empty()) break;
    for (const std::vector<Translation>& translations : models.translate(lines, search)) {
      print_translations(translations, index++, options.n_best_given);
      if (alignments) alignments->write(json_line(translations.front().alignment));
    }
    std::cout.flush();
    require<Error>(static_cast<bool>(std::cout), "standard output: cannot be written");
  }
  if (alignments) alignments->commit();
  return 0;
}

int eval(const EvalOptions& options) {
  const Ensemble models = load(options.use);
  const data::ReferenceCorpus text = data::read_references(options.source, options.references);
  const double started = seconds_now();
  const std::vector<std::string> said = models.translate_best(text.source, search_options(options.use));
  const double seconds = seconds_now() - started;
  if (!options.output.empty()) write_file_atomically(options.output, fmt::format("{}\n", fmt::join(said, "\n")));
  fmt::print("{}\n{}\n", data::corpus_bleu(said, text.references, {options.tokenize, options.lowercase}).line(),
             data::corpus_chrf(said, text.references, options.lowercase).line());
  std::vector<std::string> targets;
  for (const auto& references : text.references) targets.push_back(references.front());
  for (const SavedModel& saved : models.models()) {  // each by itself
    const Likelihood sum =
        likelihood(*saved.model, {saved.codecs.source.encode(text.source), saved.codecs.target.encode(targets)});
    fmt::print("perplexity = {:.4f} ({} target tokens, teacher forcing)\n",
               std::exp(sum.nll / static_cast<double>(sum.tokens)), sum.tokens);
  }
  fmt::print("{:.1f} sentences/s (beam {})\n", static_cast<double>(said.size()) / seconds, options.use.beam);
  return 0;
}

int score(const ScoreOptions& options) {
  const SavedModel saved = load_one(options.use);
  const data::ParallelCorpus pairs =
      options.source.empty() ? data::read_tsv("/dev/stdin") : data::read_parallel(options.source, options.target);
  const data::EncodedCorpus ids = data::encode(pairs, saved.codecs.source, saved.codecs.target);
  for (const double log_probability : log_probabilities(*saved.model, ids)) fmt::print("{:.6f}\n", log_probability);
  return 0;
}

int attend(const AttendOptions& options) {
  const SavedModel saved = load_one(options.use);
  require<DataError>(saved.model->has_attention(), "{}: need a model with attention, got --arch {}", options.use.model,
                     saved.model->name());
  const std::string line = data::clean_line(options.sentence, "the sentence", 1);
  SearchOptions search = search_options(options.use);
  search.weights = true;
  const Translation best = seq2seq::translate(*saved.model, saved.codecs, {line}, search).front().front();
  require<DataError>(!best.alignment.weights.empty(), "need a sentence with words and a model with attention, got '{}'",
                     line);
  write_file_atomically(options.out, render_alignment_svg(in_words(best.alignment)));
  fmt::print("{}\n", best.text);
  return 0;
}

}  // namespace grus::translate
