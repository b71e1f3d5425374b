#include "examples/seq2seq/finish.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/atomic_file.h"
#include "core/base/threads.h"
#include "core/base/version.h"
#include "data/pairs/bleu.h"
#include "data/read/text.h"
#include "examples/seq2seq/by_length.h"
#include "examples/support/program.h"
#include "parallel/world.h"
#include "report/json_facts.h"
#include "report/machine.h"
#include "seq2seq/options_json.h"
#include "seq2seq/protocols/protocol.h"
#include "seq2seq/translator.h"

namespace grus::seq2seq {
namespace {

struct TestText {
  std::vector<std::string> source;
  data::References references;
  bool is_test;
};

TestText test_text(const Corpora& corpora) {
  if (corpora.test.size() > 0) return {corpora.test.source, corpora.test.references, true};
  return {corpora.valid.source, corpora.valid.references, false};
}

// A line of one word is as wide as its pieces where these are characters.
size_t width_of(const data::Codec& codec, const std::string& line) {
  const size_t words = data::split_spaces(line).size();
  const bool characters = codec.tokenizer().kind() == "char" || codec.tokenizer().kind() == "verbatim";
  return words == 1 && characters ? codec.encode(line).size() : words;
}

// Returns alignments of sentences of a length that fits on a page, in the order of the file.
std::vector<Alignment> sample_alignments(const TrainedRun& run, const TestText& text, SearchOptions options) {
  constexpr size_t pictures = 4;
  std::vector<std::string> lines;
  for (const std::string& line : text.source) {
    const size_t width = width_of(run.codecs.source, line);
    if (width >= 4 && width <= 18 && lines.size() < pictures) lines.push_back(line);
  }
  options.weights = true;
  std::vector<Alignment> alignments;
  for (const auto& translations : translate(run.model, run.codecs, lines, options))
    if (!translations.front().alignment.weights.empty()) alignments.push_back(in_words(translations.front().alignment));
  return alignments;
}

std::vector<report::ParameterRow> summary_of(const nn::ModuleBase& module) {
  std::vector<report::ParameterRow> rows;
  for (const auto& [name, parameter] : module.named_parameters())
    rows.push_back({name, to_string(parameter.shape()), parameter.numel()});
  return rows;
}

std::string last_part(const std::string& path) { return std::filesystem::path(path).filename().string(); }

// Names the pair by its file where one file holds both sides.
void name_sides(Report& report, const TrainOptions& options, const Corpora& corpora) {
  report.source_name = corpora.source_name;
  report.target_name = corpora.target_name;
  if (!report.source_name.empty()) return;
  report.source_name = last_part(options.train.empty() ? options.train_source : options.train);
  report.target_name = last_part(options.train_target);
}

Report make_report(const TrainOptions& options, const TrainedRun& run, const TestText& text) {
  Report report;
  report.model = run.model.description();
  name_sides(report, options, run.corpora);
  report.epochs = run.progress.epochs;
  report.best_epoch = run.progress.best_epoch;
  if (options.validate_every > 0) report.judged = "validation";
  report.beam = options.beam;
  report.train_pairs = run.corpora.train.size();
  report.valid_pairs = run.corpora.valid.size();
  report.test_pairs = text.is_test ? static_cast<int64_t>(text.source.size()) : 0;
  report.summary = summary_of(run.model.module());
  report.parameters = run.model.module().parameter_count();
  report.options = report::facts_of_json(to_json(options));
  report.command = run.command_line;
  report.cpu = report::cpu_name();
  report.version = version;
  report.date = report::today();
  report.seed = static_cast<uint64_t>(options.seed);
  report.threads = num_threads();
  return report;
}

double exact_share(const std::vector<std::string>& said, const data::References& references) {
  size_t exact = 0;
  for (size_t n = 0; n < said.size(); ++n)
    exact += std::find(references[n].begin(), references[n].end(), said[n]) != references[n].end();
  return static_cast<double>(exact) / static_cast<double>(said.size());
}

}  // namespace

SaidTest say_test(const TrainOptions& options, const Architecture& model, const Codecs& codecs,
                  const Corpora& corpora) {
  const TestText text = test_text(corpora);
  parallel::Communicator& ranks = parallel::world();
  return {translate_best(model, codecs, text.source, {.beam = 1}, ranks),
          translate_best(model, codecs, text.source, {.beam = options.beam}, ranks)};
}

void finish(const TrainOptions& options, const TrainedRun& run, const SaidTest& said, size_t samples) {
  const TestText text = test_text(run.corpora);
  const data::BleuOptions bleu{.tokenize = options.bleu_tokenize};
  const SearchOptions beam{.beam = options.beam};
  const std::vector<std::string>& best = said.beam;
  const data::Bleu with_beam = data::corpus_bleu(best, text.references, bleu);
  Report report = make_report(options, run, text);
  report.test_bleu_greedy = data::corpus_bleu(said.greedy, text.references, bleu).score;
  report.test_bleu_beam = with_beam.score;
  report.bleu_signature = with_beam.signature;
  report.length_bins = bleu_by_length(text.source, text.references, best, bleu);
  report.alignments = sample_alignments(run, text, beam);
  fmt::print("\n{} of {} sentences: BLEU {:.2f} with beam {}, {:.2f} greedy ({}); {:.1f} % equal to a reference\n\n",
             text.is_test ? "test" : "validation", text.source.size(), with_beam.score, options.beam,
             report.test_bleu_greedy, with_beam.signature, 100 * exact_share(best, text.references));
  if (const Protocol* protocol = protocol_of(options)) {
    const ProtocolTest test =
        judge(*protocol, run.model, run.codecs,
              protocol->judges_validation ? run.corpora.valid : data::ReferenceCorpus{text.source, text.references});
    fmt::print("by the protocol {}: BLEU {:.2f} of {} sentences\n", protocol->name, test.bleu, test.pairs);
    if (protocol->judges_letters)
      fmt::print("validation loss {:.4f}, {:.2f} % of the labels are right\n", test.loss, 100 * test.right_share);
    fmt::print("\n");
  }
  for (size_t n = 0; n < std::min(samples, best.size()); ++n) {
    report.samples.push_back({text.source[n], text.references[n].front(), best[n]});
    fmt::print("  source       {}\n  reference    {}\n  translation  {}\n\n", text.source[n],
               text.references[n].front(), best[n]);
  }
  const ModelFolder folder(options.out);
  write_file_atomically(folder.report(), render_report(report));
  fmt::print("model: {}\nreport: {}\n", options.out, folder.report().string());
}

}  // namespace grus::seq2seq
