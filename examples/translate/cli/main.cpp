// The command line of `translate`.
#include "examples/seq2seq/cli/training_flags.h"
#include "examples/seq2seq/train.h"
#include "examples/translate/commands.h"

namespace {

using namespace grus::translate;
using grus::programs::add_card;
using grus::programs::add_index_flag;
using grus::programs::add_pack;
using grus::programs::add_rows;

void add_model_flag(CLI::App& app, std::string& model) {
  app.add_option("--model", model, "folder, pack or name of the model")->required();
  add_index_flag(app);
}

// Adds the flags of commands that translate, with one model or several.
void add_models_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--model", use.model, "folder, pack or name of the model; DIR,DIR: several that translate together")
      ->required();
  add_index_flag(app);
  app.add_option("--rescore", use.rescore, "DIR=WEIGHT: another model weighs all hypotheses of the beam");
  app.add_option("--shortlist", use.shortlist, "file of the words that translations may have, made by shortlist");
  add_rows(app, search_rows(use));
  add_rows(app, batch_rows(use));
  add_rows(app, machine_rows(use.machine));
}

void add_bleu_flags(CLI::App& app, std::string& tokenize, bool& lowercase) {
  app.add_option("--bleu-tokenize", tokenize, "for BLEU: none or 13a")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "13a"}));
  grus::programs::former_flag(app, "--tokenize", "--bleu-tokenize");
  app.add_flag("--lowercase,--lc", lowercase, "compare without regard to case");
}

Command add_train(CLI::App& program) {
  CLI::App* app = program.add_subcommand("train", "train a model on sentence pairs");
  auto given = std::make_shared<Given>();
  TrainOptions defaults;
  add_training_flags(*app, defaults, *given);
  add_recipe_flags(*app, defaults, *given);
  return {app, [given](const std::string& line) {
            const TrainOptions defaults;
            return run_training(resolve_options(*given, defaults), line);
          }};
}

Command add_demo(CLI::App& program) {
  CLI::App* app = program.add_subcommand("demo", "train on English-French sentences that the program carries");
  auto given = std::make_shared<Given>();
  TrainOptions defaults;
  use_demo_recipe(defaults);
  add_training_flags(*app, defaults, *given);
  return {app, [given](const std::string& line) { return demo(*given, line); }};
}

// Adds what draws translations in the place of a search, whose flags are not read then.
void add_sample_flags(CLI::App& app, RunOptions& options) {
  CLI::Option* sample = app.add_flag("--sample", options.sample, "draw translations word by word instead of searching");
  for (const char* unread : {"--beam", "--enough", "--prune", "--rescore"}) sample->excludes(app.get_option(unread));
  const auto add = [&](const char* flag, auto& value, const char* help, const CLI::Validator& range) {
    app.add_option(flag, value, help)->capture_default_str()->check(range)->needs(sample);
  };
  add("--temperature", options.draw.temperature, "sample: below 1 likelier words, above 1 rarer ones; 0: the likeliest",
      between(0.0, 100.0));
  add("--top-k", options.draw.top_k, "sample: of the K likeliest words alone; 0: of all",
      between<int64_t>(0, 1000000000));
  add("--top-p", options.draw.top_p, "sample: of the fewest words whose probabilities reach P", between(0.0, 1.0));
  add("--seed", options.seed, "sample: every random choice follows from it", between<int64_t>(0, most_seed));
}

CLI::Option* add_alignment_flags(CLI::App& app, std::string& file, std::string& format) {
  CLI::Option* alignments = app.add_option("--alignments", file, "file for what each word looked at, a line each");
  app.add_option("--alignment-format", format,
                 "json: weights of pieces; pharaoh: 0-0 1-2, the source word that each target word looked at most")
      ->capture_default_str()
      ->check(CLI::IsMember({"json", "pharaoh"}))
      ->needs(alignments);
  return alignments;
}

Command add_run(CLI::App& program) {
  CLI::App* app = program.add_subcommand("run", "translate standard input, line by line");
  auto options = std::make_shared<RunOptions>();
  add_models_flags(*app, options->use);
  CLI::Option* n_best =
      app->add_option("--n-best", options->n_best,
                      "print INDEX ||| TEXT ||| logp= L words= W ||| SCORE lines, the N best of each, or N samples")
          ->capture_default_str()
          ->check(between<int64_t>(1, 1000));
  CLI::Option* prefix =
      app->add_option("--prefix", options->prefix, "file with the beginning of each translation, a line each");
  app->add_flag("--prefix-column", options->prefix_column, "it stands behind a tab of standard input instead")
      ->excludes(prefix);
  add_alignment_flags(*app, options->alignments, options->alignment_format);
  add_sample_flags(*app, *options);
  return {app, [options, n_best](const std::string&) {
            options->n_best_given = n_best->count() > 0;
            return run(*options);
          }};
}

Command add_eval(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "BLEU, chrF, perplexity and speed on a test text");
  auto options = std::make_shared<EvalOptions>();
  add_models_flags(*app, options->use);
  app->add_option("--src", options->source, "sentences")->required();
  app->add_option("--ref", options->references, "their translations; several files: several references")->required();
  add_bleu_flags(*app, options->tokenize, options->lowercase);
  app->add_option("--output", options->output, "file for the translations");
  return {app, [options](const std::string&) { return eval(*options); }};
}

Command add_score(CLI::App& program) {
  CLI::App* app = program.add_subcommand("score", "log-probability of pairs, a line each");
  auto options = std::make_shared<ScoreOptions>();
  add_model_flag(*app, options->use.model);
  add_rows(*app, machine_rows(options->use.machine));
  CLI::Option* source =
      app->add_option("--src", options->source, "sentences; without: SOURCE<TAB>TARGET lines on standard input");
  CLI::Option* target = app->add_option("--tgt", options->target, "their translations")->needs(source);
  CLI::Option* list = app->add_option("--n-best", options->n_best,
                                      "instead: ID ||| TEXT ||| FEATURES ||| SCORE lines, which get one more score")
                          ->needs(source)
                          ->excludes(target);
  add_alignment_flags(*app, options->alignments, options->alignment_format)->excludes(list);
  app->add_option("--feature", options->feature, "n-best: name of the log-probability among the features")
      ->capture_default_str()
      ->needs(list);
  app->add_option("--weight", options->weight, "n-best: of this score, log p / words^A, in the sum")
      ->capture_default_str()
      ->check(between(-1e6, 1e6))
      ->needs(list);
  app->add_option("--length-penalty", options->length_penalty, "n-best: A")
      ->capture_default_str()
      ->check(between(0.0, 10.0))
      ->needs(list);
  return {app, [options](const std::string&) { return score(*options); }};
}

Command add_shortlist(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("shortlist", "the words that stand for those of the source, for quicker search");
  auto o = std::make_shared<MakeShortlistOptions>();
  add_model_flag(*app, o->model);
  CLI::Option* pairs = app->add_option("--train", o->pairs, "SOURCE<TAB>TARGET lines, plain or gzip");
  CLI::Option* source = app->add_option("--train-src", o->source, "instead: sentences")->excludes(pairs);
  CLI::Option* target = app->add_option("--train-tgt", o->target, "and their translations")->needs(source);
  source->needs(target);
  app->add_option("--out", o->out, "the list, plain or .gz")->required();
  const auto add = [app](const char* flag, int64_t& value, const char* help, int64_t low, int64_t high) {
    app->add_option(flag, value, help)->capture_default_str()->check(between<int64_t>(low, high));
  };
  add("--best", o->list.best, "words kept for each word of the source", 0, 1000000);
  add("--frequent", o->list.frequent, "most frequent words, which every translation may have", 0, 1000000);
  add("--max-length", o->max_length, "leave out pairs with more pieces on a side", 1, 1000);
  add("--model1", o->list.aligner.model1_iterations, "iterations of IBM model 1", 1, 1000);
  add("--hmm", o->list.aligner.hmm_iterations, "iterations of the HMM", 0, 1000);
  return {app, [o](const std::string&) { return make_shortlist(*o); }};
}

Command add_serve(CLI::App& program) {
  CLI::App* app = program.add_subcommand("serve", "translate by HTTP: JSON, and a page that shows it while one types");
  auto o = std::make_shared<ServeOptions>();
  add_models_flags(*app, o->use);
  const auto add = [app](const char* flag, int64_t& value, const char* help, int64_t low, int64_t high) {
    app->add_option(flag, value, help)->capture_default_str()->check(between<int64_t>(low, high));
  };
  app->add_option("--host", o->host, "address to listen at; 0.0.0.0: all, for everybody who reaches them")
      ->capture_default_str();
  add("--port", o->port, "port to listen at; 0: one that is free", 0, 65535);
  add("--join", o->join, "milliseconds that a request waits for others to join its batch", 0, 10000);
  add("--waiting", o->waiting, "requests that wait at most; further ones are refused", 1, 1000);
  app->add_option("--timeout", o->timeout, "seconds until a request is given up")
      ->capture_default_str()
      ->check(between(0.001, 3600.0));
  add("--max-bytes", o->max_bytes, "bytes of a request", 1, 100000000);
  add("--max-sentences", o->max_sentences, "sentences of a request", 1, 100000);
  add("--max-words", o->max_words, "words, or pieces, of a sentence", 1, 10000);
  add("--max-beam", o->max_beam, "beam that a request may ask for", 1, 1000);
  return {app, [o](const std::string&) { return serve(*o); }};
}

Command add_attend(CLI::App& program) {
  CLI::App* app = program.add_subcommand("attend", "draw what the model looked at for one sentence");
  auto options = std::make_shared<AttendOptions>();
  add_model_flag(*app, options->use.model);
  add_rows(*app, search_rows(options->use));
  add_rows(*app, machine_rows(options->use.machine));
  app->add_option("--out", options->out, "SVG file")->required();
  app->add_option("sentence", options->sentence, "what to translate")->required();
  return {app, [options](const std::string&) { return attend(*options); }};
}

Command add_export(CLI::App& program) {
  CLI::App* app = program.add_subcommand("export", "write the encoder and a step of the decoder in ONNX");
  auto options = std::make_shared<ExportOptions>();
  add_model_flag(*app, options->use.model);
  app->add_option("--out", options->out, "folder for encoder.onnx, step.onnx and both vocabularies")->required();
  app->add_flag("--examples", options->examples,
                "write encoder.npz and step.npz, too: what goes in and what comes out");
  return {app, [options](const std::string&) { return export_onnx(*options); }};
}

Command add_compare(CLI::App& program) {
  CLI::App* app = program.add_subcommand("compare", "several models on one text: BLEU by sentence length on one page");
  auto options = std::make_shared<CompareOptions>();
  app->add_option("models", options->models, "folders, packs or names of models")->required();
  add_index_flag(*app);
  app->add_option("--out", options->out, "HTML file")->required();
  CLI::Option* source = app->add_option("--src", options->source, "sentences; without: the first model's test text");
  CLI::Option* references = app->add_option("--ref", options->references, "their translations")->needs(source);
  source->needs(references);
  add_bleu_flags(*app, options->tokenize, options->lowercase);
  add_rows(*app, search_rows(options->use));
  add_rows(*app, batch_rows(options->use));
  add_rows(*app, machine_rows(options->use.machine));
  return {app, [options](const std::string& line) { return compare(*options, line); }};
}

}  // namespace

int main(int argc, char** argv) {
  return run_commands(
      {"translate", "Neural machine translation (Bahdanau, Cho, Sutskever et al. 2014): train, judge, use."},
      {add_train, add_run, add_eval, add_score, add_shortlist, add_serve, add_attend, add_compare, add_export, add_demo,
       add_pack, add_card},
      argc, argv);
}
