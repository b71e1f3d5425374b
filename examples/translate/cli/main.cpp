// The program's command line: the only file that sees CLI11.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>

#include "core/error.h"
#include "examples/translate/commands.h"

namespace {

using namespace grus::translate;

// Flags are taken as text: ranges, words and defaults are in the table of options.h alone.
void add_training_flags(CLI::App& app, TrainOptions& defaults, Given& given) {
  for (const Option& option : option_table(defaults)) {
    const std::string flag(option.flag), name = "--" + flag;
    std::string help(option.help);
    if (!option.choices.empty()) help += fmt::format(" ({})", fmt::join(option.choices, ", "));
    CLI::Option* added = nullptr;
    if (std::holds_alternative<bool*>(option.value)) {
      added = app.add_flag_function(
          name, [&given, flag](int64_t) { given.emplace_back(flag, "true"); }, help);
    } else {
      const auto set = [&given, flag](const std::string& text) { given.emplace_back(flag, text); };
      added = app.add_option_function<std::string>(name, set, help)->default_str(text_of(option))->take_last();
    }
    added->group(std::string(option.group));
  }
}

void add_use_flags(CLI::App& app, UseOptions& use) {
  app.add_option("--model", use.model, "folder of the model")->required();
  app.add_option("--beam", use.beam, "hypotheses on their way; 1: greedy")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--length-penalty", use.length_penalty, "A: scores are log p / words^A")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 10.0));
  app.add_option("--max-length", use.max_length, "words at most; 0: twice the source and ten")
      ->check(CLI::Range(0, 100000));
  app.add_option("--batch", use.batch, "sentences at a time")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--threads", use.threads, "threads; 0: all")->check(CLI::Range(0, 256));
  app.add_option("--device", use.device, "where tensors live")->capture_default_str();
}

std::string joined(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = word.find_first_of(" \t\"'\\$*?;|&<>()") == std::string::npos && !word.empty();
    line += (i ? " " : "") + (plain ? word : "'" + word + "'");
  }
  return line;
}

int program(int argc, char** argv) {
  CLI::App app("Neural machine translation with attention (Bahdanau et al. 2014): train, judge, use.", "translate");
  app.set_version_flag("--version", [] { return version_text(); });
  app.require_subcommand(1);
  Given given, demo_given;
  TrainOptions defaults, demo_defaults;
  use_demo_recipe(demo_defaults);
  RunOptions run_options;
  EvalOptions eval_options;
  ScoreOptions score_options;
  AttendOptions attend_options;

  CLI::App* train_app = app.add_subcommand("train", "train a model on sentence pairs");
  add_training_flags(*train_app, defaults, given);
  train_app->add_flag_function(
      "--paper", [&](int64_t) { given.emplace_back("paper", "true"); }, "the paper's own model, sizes and training");
  train_app->add_option_function<std::string>(
      "--config", [&](const std::string& f) { given.emplace_back("config", f); },
      "options from a JSON file, such as another model's config.json");

  CLI::App* run_app = app.add_subcommand("run", "translate standard input, line by line");
  add_use_flags(*run_app, run_options.use);
  CLI::Option* n_best =
      run_app->add_option("--n-best", run_options.n_best, "print INDEX ||| TEXT ||| SCORE lines, the N best of each")
          ->check(CLI::Range(1, 1000));
  run_app->add_option("--alignments", run_options.alignments, "file for attention weights, a JSON object a line");

  CLI::App* eval_app = app.add_subcommand("eval", "BLEU, chrF, perplexity and speed on a test text");
  add_use_flags(*eval_app, eval_options.use);
  eval_app->add_option("--src", eval_options.source, "sentences")->required();
  eval_app->add_option("--ref", eval_options.references, "their translations; several files: several references")
      ->required();
  eval_app->add_option("--tokenize", eval_options.tokenize, "for BLEU: none or 13a")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "13a"}));
  eval_app->add_flag("--lowercase,--lc", eval_options.lowercase, "compare without regard to case");
  eval_app->add_option("--output", eval_options.output, "file for the translations");

  CLI::App* score_app = app.add_subcommand("score", "log-probability of pairs, a line each");
  add_use_flags(*score_app, score_options.use);
  CLI::Option* source =
      score_app->add_option("--src", score_options.source, "sentences; else SOURCE<TAB>TARGET on standard input");
  score_app->add_option("--tgt", score_options.target, "their translations")->needs(source);

  CLI::App* attend_app = app.add_subcommand("attend", "draw what the model looked at for one sentence");
  add_use_flags(*attend_app, attend_options.use);
  attend_app->add_option("--out", attend_options.out, "SVG file")->required();
  attend_app->add_option("sentence", attend_options.sentence, "what to translate")->required();

  CLI::App* demo_app = app.add_subcommand("demo", "train on English-French sentences that the program carries");
  add_training_flags(*demo_app, demo_defaults, demo_given);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "translate: {}; --help lists what there is\n", error.what());
    return 2;
  }
  const std::string line = joined(argc, argv);
  if (*train_app) return train(resolve_options(given), line);
  if (*demo_app) return demo(demo_given, line);
  run_options.n_best_given = n_best->count() > 0;
  if (*run_app) return run(run_options);
  if (*eval_app) return eval(eval_options);
  if (*score_app) return score(score_options);
  return attend(attend_options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return program(argc, argv);
  } catch (const grus::UsageError& error) {
    fmt::print(stderr, "translate: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "translate: {}\n", error.what());
    return 1;
  }
}
