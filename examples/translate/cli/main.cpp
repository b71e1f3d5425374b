// The command line of `translate`.
#include "examples/seq2seq/cli/training_flags.h"
#include "examples/seq2seq/train.h"
#include "examples/translate/commands.h"

namespace {

using namespace grus::translate;
using grus::Precision;

void add_machine_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--threads", use.threads, "threads; 0: all, or GRUS_NUM_THREADS")
      ->capture_default_str()
      ->check(between<int64_t>(0, 256));
  app.add_option("--device", use.device, "where tensors live")->capture_default_str();
  app.add_option_function<std::string>(
         "--precision",
         [&use](const std::string& word) { use.precision = word == "bf16" ? Precision::bf16 : Precision::f32; },
         "of the products; bf16: faster where the CPU multiplies it")
      ->default_str("f32")
      ->check(CLI::IsMember({"f32", "bf16"}));
}

void add_search_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--beam", use.beam, "hypotheses on their way; 1: greedy")
      ->capture_default_str()
      ->check(between<int64_t>(1, 1000));
  app.add_option("--length-penalty", use.length_penalty, "A: scores are log p / words^A")
      ->capture_default_str()
      ->check(between(0.0, 10.0));
  app.add_option("--max-length", use.max_length, "words at most; 0: twice the source and ten, 1000 at most")
      ->capture_default_str()
      ->check(between<int64_t>(0, 100000));
  app.add_option("--enough", use.enough, "stop at so many ended translations that no live one outdoes; 0: the beam")
      ->capture_default_str()
      ->check(between<int64_t>(0, 1000));
  app.add_option("--prune", use.prune, "give up what is so many nats behind the best; 0: nothing")
      ->capture_default_str()
      ->check(between(0.0, 1e6));
}

void add_batch_flag(CLI::App& app, UseOptions& use) {
  app.add_option("--batch", use.batch, "sentences at a time, on each thread")
      ->capture_default_str()
      ->check(between<int64_t>(1, 100000));
}

void add_model_flag(CLI::App& app, UseOptions& use) {
  app.add_option("--model", use.model, "folder of the model")->required();
}

// Adds the flags of commands that translate, with one model or several.
void add_models_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--model", use.model, "folder of the model; DIR,DIR: several that translate together")->required();
  app.add_option("--rescore", use.rescore, "DIR=WEIGHT: another model weighs all hypotheses of the beam");
  add_search_flags(app, use);
  add_batch_flag(app, use);
  add_machine_flags(app, use);
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

Command add_run(CLI::App& program) {
  CLI::App* app = program.add_subcommand("run", "translate standard input, line by line");
  auto options = std::make_shared<RunOptions>();
  add_models_flags(*app, options->use);
  CLI::Option* n_best =
      app->add_option("--n-best", options->n_best, "print INDEX ||| TEXT ||| SCORE lines, the N best of each")
          ->capture_default_str()
          ->check(between<int64_t>(1, 1000));
  app->add_option("--alignments", options->alignments, "file for attention weights, a JSON object a line");
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
  add_model_flag(*app, options->use);
  add_machine_flags(*app, options->use);
  CLI::Option* source =
      app->add_option("--src", options->source, "sentences; without: SOURCE<TAB>TARGET lines on standard input");
  CLI::Option* target = app->add_option("--tgt", options->target, "their translations")->needs(source);
  source->needs(target);
  return {app, [options](const std::string&) { return score(*options); }};
}

Command add_attend(CLI::App& program) {
  CLI::App* app = program.add_subcommand("attend", "draw what the model looked at for one sentence");
  auto options = std::make_shared<AttendOptions>();
  add_model_flag(*app, options->use);
  add_search_flags(*app, options->use);
  add_machine_flags(*app, options->use);
  app->add_option("--out", options->out, "SVG file")->required();
  app->add_option("sentence", options->sentence, "what to translate")->required();
  return {app, [options](const std::string&) { return attend(*options); }};
}

Command add_compare(CLI::App& program) {
  CLI::App* app = program.add_subcommand("compare", "several models on one text: BLEU by sentence length on one page");
  auto options = std::make_shared<CompareOptions>();
  app->add_option("models", options->models, "folders of models")->required();
  app->add_option("--out", options->out, "HTML file")->required();
  CLI::Option* source = app->add_option("--src", options->source, "sentences; without: the first model's test text");
  CLI::Option* references = app->add_option("--ref", options->references, "their translations")->needs(source);
  source->needs(references);
  add_bleu_flags(*app, options->tokenize, options->lowercase);
  add_search_flags(*app, options->use);
  add_batch_flag(*app, options->use);
  add_machine_flags(*app, options->use);
  return {app, [options](const std::string& line) { return compare(*options, line); }};
}

}  // namespace

int main(int argc, char** argv) {
  return run_commands(
      {"translate", "Neural machine translation (Bahdanau, Cho, Sutskever et al. 2014): train, judge, use."},
      {add_train, add_run, add_eval, add_score, add_attend, add_compare, add_demo}, argc, argv);
}
