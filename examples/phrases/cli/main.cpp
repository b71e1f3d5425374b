// The command line of `phrases`.
#include <map>

#include "core/base/error.h"
#include "examples/phrases/commands.h"
#include "examples/seq2seq/cli/training_flags.h"

namespace {

using namespace grus::phrases;
using grus::data::Symmetrisation;
using grus::programs::add_card;
using grus::programs::add_pack;
using grus::programs::former_name;
using grus::seq2seq::between;
using grus::seq2seq::Command;
using grus::seq2seq::most_seed;

void add_use_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--model", use.model, "folder, pack or name of the model")->required();
  grus::programs::add_index_flag(app);
  grus::programs::add_rows(app, machine_rows(use.machine));
}

// Adds an option of the commands that score pairs.
void add_batch_flag(CLI::App& app, UseOptions& use) {
  app.add_option("--batch-tokens", use.batch_tokens, "padded places at a time")
      ->capture_default_str()
      ->check(between<int64_t>(1, 1000000));
}

CLI::Option* add_skip_bad(CLI::App& app, bool& skip_bad) {
  return app.add_flag("--skip-bad", skip_bad, "count malformed lines and go on, instead of stopping at the first");
}

Command add_extract(CLI::App& program) {
  CLI::App* app = program.add_subcommand("extract", "a phrase table from sentence pairs");
  auto o = std::make_shared<ExtractOptions>();
  app->add_option("--pairs", o->pairs, "SOURCE<TAB>TARGET lines, plain or gzip; -: standard input");
  CLI::Option* source = app->add_option("--src", o->source, "instead: sentences");
  CLI::Option* target = app->add_option("--tgt", o->target, "and their translations")->needs(source);
  source->needs(target);
  CLI::Option* given =
      app->add_option("--alignments", o->alignments, "Pharaoh's 0-0 1-2 lines; without: from our own aligner");
  app->add_option("--alignments-out", o->alignments_out, "file for the alignments");
  app->add_option("--tokenizer", o->tokenizer, "space (text is tokenised already), word or char")
      ->capture_default_str()
      ->check(CLI::IsMember({"space", "word", "char"}));
  app->add_option("--out", o->out, "the table, plain or .gz; -: standard output")->required();
  app->add_option("--longest", o->longest, "words of a phrase at most")
      ->capture_default_str()
      ->check(between<int64_t>(1, 100));
  app->add_option("--least", o->least, "leave out pairs seen less often")
      ->capture_default_str()
      ->check(between<int64_t>(1, 1000000));
  app->add_option("--max-length", o->max_length, "leave out pairs with more words on a side")
      ->capture_default_str()
      ->check(between<int64_t>(1, 1000))
      ->excludes(given);
  app->add_option("--model1", o->aligner.model1_iterations, "iterations of IBM model 1")
      ->capture_default_str()
      ->check(between<int64_t>(1, 1000))
      ->excludes(given);
  app->add_option("--hmm", o->aligner.hmm_iterations, "iterations of the HMM")
      ->capture_default_str()
      ->check(between<int64_t>(0, 1000))
      ->excludes(given);
  static const std::map<std::string, Symmetrisation> ways{{"intersection", Symmetrisation::intersection},
                                                          {"union", Symmetrisation::union_of_both},
                                                          {"grow-diag", Symmetrisation::grow_diag},
                                                          {"grow-diag-final", Symmetrisation::grow_diag_final},
                                                          {"grow-diag-final-and", Symmetrisation::grow_diag_final_and}};
  app->add_option("--symmetrisation", o->aligner.symmetrisation,
                  "how both directions become one (default: grow-diag-final)")
      ->transform(CLI::CheckedTransformer(ways))
      ->excludes(given);
  add_skip_bad(*app, o->skip_bad);
  return {app, [o](const std::string&) { return extract(*o); }};
}

Command add_train(CLI::App& program) {
  CLI::App* app = program.add_subcommand("train", "train a model on the pairs of a table, whatever their frequencies");
  auto given = std::make_shared<Given>();
  auto skip_bad = std::make_shared<bool>(false);
  TrainOptions defaults;
  use_phrase_recipe(defaults);
  grus::seq2seq::add_training_flags(*app, defaults, *given);
  grus::seq2seq::add_recipe_flags(*app, defaults, *given);
  add_skip_bad(*app, *skip_bad);
  return {app, [given, skip_bad](const std::string& line) { return train(resolve_training(*given), *skip_bad, line); }};
}

Command add_score(CLI::App& program) {
  CLI::App* app = program.add_subcommand("score", "a table with one more score: log p(target | source)");
  auto o = std::make_shared<ScoreOptions>();
  add_use_flags(*app, o->use);
  add_batch_flag(*app, o->use);
  app->add_option("--table", o->table, "lines of Moses or of two columns, plain or gzip; -: standard input")
      ->capture_default_str();
  app->add_option("--out", o->out, "the table with its new score, plain or .gz; -: standard output")
      ->capture_default_str();
  app->add_flag("--probability", o->probability, "p instead of log p, for decoders that take logarithms themselves");
  add_skip_bad(*app, o->skip_bad);
  return {app, [o](const std::string&) { return score(*o); }};
}

Command add_rank(CLI::App& program) {
  CLI::App* app = program.add_subcommand("rank", "the best targets of source phrases, by the table and by the model");
  auto o = std::make_shared<RankOptions>();
  add_use_flags(*app, o->use);
  add_batch_flag(*app, o->use);
  app->add_option("--table", o->table, "where the targets stand")->required();
  app->add_option("--best", o->best, "how many")->capture_default_str()->check(between<int64_t>(1, 1000000));
  app->add_flag("--lines", o->lines, "SOURCE ||| TARGET ||| LOG P lines instead of two columns");
  app->add_option("phrase", o->phrases, "source phrases; none: a line each on standard input");
  add_skip_bad(*app, o->skip_bad);
  return {app, [o](const std::string&) { return rank(*o); }};
}

Command add_sample(CLI::App& program) {
  CLI::App* app = program.add_subcommand("sample", "targets that the model makes up for source phrases");
  auto o = std::make_shared<SampleOptions>();
  add_use_flags(*app, o->use);
  app->add_option("--count", o->count, "samples of each phrase")
      ->capture_default_str()
      ->check(between<int64_t>(1, 100000));
  app->add_option("--best", o->best, "how many of them are printed, the most probable first")
      ->capture_default_str()
      ->check(between<int64_t>(1, 100000));
  app->add_option("--max-length", o->max_length, "words at most")
      ->capture_default_str()
      ->check(between<int64_t>(1, 10000));
  app->add_option("--temperature", o->temperature, "below 1: likelier words; above: rarer ones")
      ->capture_default_str()
      ->check(between(0.01, 100.0));
  app->add_option("--seed", o->seed, "every random choice follows from it")
      ->capture_default_str()
      ->check(between<int64_t>(0, most_seed));
  app->add_option("phrase", o->phrases, "source phrases; none: a line each on standard input");
  return {app, [o](const std::string&) { return sample(*o); }};
}

Command add_draw(CLI::App& program) {
  CLI::App* app = program.add_subcommand("draw", "2-D maps of words, phrases and sentences, as one page");
  auto o = std::make_shared<DrawOptions>();
  add_use_flags(*app, o->use);
  CLI::Option* table = app->add_option("--table", o->table, "whose source phrases are drawn; without: words alone");
  CLI::Option* sentences =
      app->add_option("--sentences", o->sentences, "file of source sentences, a line each, to draw");
  app->add_option("--out", o->out, "HTML file; .svg: the first map alone, as a picture")->required();
  app->add_option("--words", o->words, "at most")
      ->capture_default_str()
      ->check(between<int64_t>(1, 20000))
      ->excludes(sentences);
  CLI::Option* phrases = app->add_option("--phrases", o->phrases, "phrases, or sentences, at most")
                             ->capture_default_str()
                             ->check(between<int64_t>(1, 20000));
  app->add_option("--method", o->method, "tsne or pca")->capture_default_str()->check(CLI::IsMember({"tsne", "pca"}));
  CLI::Option* perplexity = app->add_option("--perplexity", o->perplexity, "t-SNE: about how many neighbours count")
                                ->capture_default_str()
                                ->check(between(1.0, 1000.0));
  CLI::Option* seed = app->add_option("--seed", o->seed, "every random choice follows from it")
                          ->capture_default_str()
                          ->check(between<int64_t>(0, most_seed));
  add_skip_bad(*app, o->skip_bad)->needs(table);
  return {app, [o, perplexity, seed, phrases](const std::string& line) {
            grus::require<grus::UsageError>(phrases->count() == 0 || !o->table.empty() || !o->sentences.empty(),
                                            "--phrases: need --table or --sentences with it, got neither");
            for (const CLI::Option* option : {perplexity, seed})
              grus::require<grus::UsageError>(option->count() == 0 || o->method == "tsne",
                                              "{}: need it with --method tsne, got --method {}", option->get_name(),
                                              o->method);
            return draw(*o, line);
          }};
}

Command add_evaluate(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "how often the true target is first among others of its length");
  former_name(*app, "evaluate");
  auto o = std::make_shared<EvaluateOptions>();
  add_use_flags(*app, o->use);
  add_batch_flag(*app, o->use);
  app->add_option("--pairs", o->pairs, "held-out SOURCE<TAB>TARGET lines; further columns are further targets")
      ->required();
  app->add_option("--known", o->known, "files of pairs: what they give as a target of a source is no wrong one");
  app->add_option("--pool", o->pool, "files whose targets are drawn, beside those of --pairs");
  app->add_option("--among", o->among, "targets to choose from, the true one included")
      ->capture_default_str()
      ->check(between<int64_t>(2, 100000));
  app->add_option("--within", o->within, "words that the others may be shorter or longer")
      ->capture_default_str()
      ->check(between<int64_t>(0, 1000));
  app->add_option("--seed", o->seed, "every random choice follows from it")
      ->capture_default_str()
      ->check(between<int64_t>(0, most_seed));
  return {app, [o](const std::string&) { return evaluate(*o); }};
}

}  // namespace

int main(int argc, char** argv) {
  return grus::seq2seq::run_commands(
      {"phrases", "Phrase pairs scored, translated and drawn by an RNN encoder-decoder (Cho et al. 2014)."},
      {add_extract, add_train, add_score, add_rank, add_sample, add_draw, add_evaluate, add_pack, add_card}, argc,
      argv);
}
