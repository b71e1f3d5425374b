// The subcommand `compare`: several models, one text, one page.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "core/base/atomic_file.h"
#include "core/base/version.h"
#include "data/pairs/bleu.h"
#include "data/read/text.h"
#include "examples/seq2seq/by_length.h"
#include "examples/seq2seq/comparison.h"
#include "examples/support/program.h"
#include "examples/translate/commands.h"
#include "report/machine.h"
#include "seq2seq/corpora.h"
#include "seq2seq/metrics.h"
#include "seq2seq/translator.h"
#include "tasks/base/machine.h"

namespace grus::translate {
namespace {

constexpr int64_t long_words = 20;  // longer sentences are long

data::ReferenceCorpus read_text(const CompareOptions& options) {
  if (!options.source.empty()) return data::read_references(options.source, options.references);
  data::ReferenceCorpus text = read_test(ModelFolder::of(options.models.front()).load_options());
  require<UsageError>(text.size() > 0, "--src: need --src and --ref, because {} was trained without a test text",
                      options.models.front());
  return text;
}

/// Adds the figures of the training, unless only the weights were kept.
void add_training(const ModelFolder& folder, ComparedModel& compared) {
  if (!std::filesystem::exists(folder.metrics())) return;
  compared.seconds = 0;
  for (const std::string& line : data::read_lines(folder.metrics().string())) {
    compared.seconds += parse_metrics_line(line, folder.metrics().string(), ++compared.epochs).seconds;
  }
}

std::string name_of(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder + "/").parent_path();
  return path.filename().string();
}

ComparedModel judge(const std::string& path, const CompareOptions& options, const data::ReferenceCorpus& text,
                    const data::BleuOptions& bleu, std::string& signature) {
  const ModelFolder folder = ModelFolder::of(path);
  const SavedModel saved = folder.load();
  ComparedModel compared;
  compared.name = name_of(path);
  compared.model = saved.model->description();
  compared.parameters = saved.model->module().parameter_count();
  compared.seed = saved.options.seed;
  add_training(folder, compared);
  SearchOptions search = search_options(options.use);
  const std::vector<std::string> said = translate_best(*saved.model, saved.codecs, text.source, search);
  search.beam = 1;
  const std::vector<std::string> greedy = translate_best(*saved.model, saved.codecs, text.source, search);
  const data::Bleu with_beam = data::corpus_bleu(said, text.references, bleu);
  signature = with_beam.signature;
  compared.bleu_beam = with_beam.score;
  compared.bleu_greedy = data::corpus_bleu(greedy, text.references, bleu).score;
  compared.short_sentences = bleu_of_lengths(1, long_words, text.source, text.references, said, bleu);
  compared.long_sentences = bleu_of_lengths(long_words + 1, 0, text.source, text.references, said, bleu);
  compared.length_bins = bleu_by_length(text.source, text.references, said, bleu);
  const auto figure = [](double score) { return std::isfinite(score) ? fmt::format("{:.2f}", score) : "none"; };
  fmt::print("{}\t{}\tBLEU {:.2f} greedy, {:.2f} with beam {}; {} up to {} words, {} above\n", compared.name,
             compared.model, compared.bleu_greedy, compared.bleu_beam, options.use.beam,
             figure(compared.short_sentences.bleu), long_words, figure(compared.long_sentences.bleu));
  std::fflush(stdout);
  return compared;
}

}  // namespace

int compare(const CompareOptions& options, const std::string& command_line) {
  tasks::use_machine(options.use.machine);
  AtomicFile page(options.out);
  const data::ReferenceCorpus text = read_text(options);
  require_translatable(text, options.source.empty() ? options.models.front() : options.source);
  Comparison comparison;
  comparison.source_name = options.source.empty() ? "the test text of " + name_of(options.models.front())
                                                  : std::filesystem::path(options.source).filename().string();
  comparison.sentences = text.size();
  comparison.beam = options.use.beam;
  comparison.command = command_line;
  comparison.cpu = report::cpu_name();
  comparison.version = fmt::format("Grus {}", version);
  comparison.date = report::today();
  for (const std::string& folder : options.models)
    comparison.models.push_back(
        judge(folder, options, text, {options.tokenize, options.lowercase}, comparison.bleu_signature));
  page.write(render_comparison(comparison));
  page.commit();
  fmt::print("page: {}\n", options.out);
  return 0;
}

}  // namespace grus::translate
