// The subcommands that use a trained model.
#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/atomic_file.h"
#include "data/pairs/bleu.h"
#include "data/pairs/chrf.h"
#include "data/pairs/corpus.h"
#include "data/read/text.h"
#include "examples/seq2seq/model_flags.h"
#include "examples/seq2seq/report.h"
#include "examples/support/machine.h"
#include "examples/support/program.h"
#include "examples/support/standard_input.h"
#include "examples/translate/commands.h"
#include "seq2seq/likelihood.h"
#include "seq2seq/translator.h"
#include "training/terminal_line.h"

namespace grus::translate {
namespace {

Translator load(const UseOptions& options) {
  use_machine(options.device, options.threads, options.precision);
  return load_translator(options.model, options.rescore);
}

// Loads the model of a command that takes only one.
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

// A Chunk is lines that translate, and the error of the one that follows, which ends the run once they are printed.
struct Chunk {
  std::vector<std::string> lines;
  std::exception_ptr error;
};

// Returns up to `most` lines; the rest of a chunk stays for the next call. A terminal gives one line at a time.
Chunk read_chunk(StandardInput& input, size_t most) {
  Chunk chunk;
  try {
    while (chunk.lines.size() < most) {
      const std::optional<std::string_view> line = input.next();
      if (!line) break;
      chunk.lines.push_back(data::clean_line(*line, StandardInput::name, input.number()));
    }
  } catch (const DataError&) {
    chunk.error = std::current_exception();
  }
  return chunk;
}

void print_translations(const std::vector<Translation>& translations, int64_t index, bool n_best) {
  if (!n_best) {
    fmt::print("{}\n", translations.front().text);
    return;
  }
  for (const Translation& t : translations) fmt::print("{} ||| {} ||| {:.6f}\n", index, t.text, t.score);
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
  require<UsageError>(options.n_best <= options.use.beam, "--n-best: need at most the --beam of {}, got {}",
                      options.use.beam, options.n_best);
  const Translator models = load(options.use);
  const Architecture& first = *models.first().model;
  SearchOptions search = search_options(options.use);
  search.n_best = options.n_best;
  search.weights = !options.alignments.empty();
  require<UsageError>(!search.weights || first.has_attention(),
                      "--alignments: need a model with attention, got --arch {}", first.name());
  std::optional<AtomicFile> alignments;
  if (search.weights) alignments.emplace(options.alignments);
  const size_t most = standard_input_is_terminal() ? 1 : static_cast<size_t>(options.use.batch) * 16;
  StandardInput input(longest_line);
  int64_t index = 0;
  for (;;) {
    const Chunk chunk = read_chunk(input, most);
    if (chunk.lines.empty()) {
      if (chunk.error) std::rethrow_exception(chunk.error);
      break;
    }
    for (const std::vector<Translation>& translations : models.n_best(chunk.lines, search)) {
      print_translations(translations, index++, options.n_best_given);
      if (alignments) alignments->write(json_line(translations.front().alignment));
    }
    const bool written = std::fflush(stdout) == 0;
    require<Error>(written, "standard output: {}", std::strerror(errno));
    if (chunk.error) std::rethrow_exception(chunk.error);
  }
  if (alignments) alignments->commit();
  return 0;
}

int eval(const EvalOptions& options) {
  const Translator models = load(options.use);
  std::optional<AtomicFile> output;
  if (!options.output.empty()) output.emplace(options.output);
  const data::ReferenceCorpus text = data::read_references(options.source, options.references);
  require_translatable(text, options.source);
  const double started = training::seconds_now();
  const std::vector<std::string> said = models(text.source, search_options(options.use));
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

int score(const ScoreOptions& options) {
  const SavedModel saved = load_one(options.use);
  const data::ParallelCorpus pairs =
      options.source.empty() ? data::read_tsv("-") : data::read_parallel(options.source, options.target);
  const std::string name = options.source.empty() ? "standard input" : options.source;
  require_translatable(pairs.source, name);
  require_translatable(pairs.target, options.source.empty() ? name : options.target);
  const data::EncodedCorpus ids = data::encode(pairs, saved.codecs.source, saved.codecs.target);
  for (const double log_probability : log_probabilities(*saved.model, ids)) fmt::print("{:.6f}\n", log_probability);
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
