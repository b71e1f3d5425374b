// The program's command line: the only file that sees CLI11.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

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

// A subcommand and what it does; options live as long as the function.
struct Command {
  CLI::App* app;
  std::function<int(const std::string& command_line)> run;
};

Command add_train(CLI::App& program) {
  CLI::App* app = program.add_subcommand("train", "train a model on sentence pairs");
  auto given = std::make_shared<Given>();
  TrainOptions defaults;
  add_training_flags(*app, defaults, *given);
  app->add_flag_function(
      "--paper", [given](int64_t) { given->emplace_back("paper", "true"); },
      "the paper's own model, sizes and training");
  app->add_option_function<std::string>(
      "--config", [given](const std::string& file) { given->emplace_back("config", file); },
      "options from a JSON file, such as another model's config.json");
  return {app, [given](const std::string& line) { return train(resolve_options(*given), line); }};
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
  add_use_flags(*app, options->use);
  CLI::Option* n_best =
      app->add_option("--n-best", options->n_best, "print INDEX ||| TEXT ||| SCORE lines, the N best of each")
          ->check(CLI::Range(1, 1000));
  app->add_option("--alignments", options->alignments, "file for attention weights, a JSON object a line");
  return {app, [options, n_best](const std::string&) {
            options->n_best_given = n_best->count() > 0;
            return run(*options);
          }};
}

Command add_eval(CLI::App& program) {
  CLI::App* app = program.add_subcommand("eval", "BLEU, chrF, perplexity and speed on a test text");
  auto options = std::make_shared<EvalOptions>();
  add_use_flags(*app, options->use);
  app->add_option("--src", options->source, "sentences")->required();
  app->add_option("--ref", options->references, "their translations; several files: several references")->required();
  app->add_option("--tokenize", options->tokenize, "for BLEU: none or 13a")
      ->capture_default_str()
      ->check(CLI::IsMember({"none", "13a"}));
  app->add_flag("--lowercase,--lc", options->lowercase, "compare without regard to case");
  app->add_option("--output", options->output, "file for the translations");
  return {app, [options](const std::string&) { return eval(*options); }};
}

Command add_score(CLI::App& program) {
  CLI::App* app = program.add_subcommand("score", "log-probability of pairs, a line each");
  auto options = std::make_shared<ScoreOptions>();
  add_use_flags(*app, options->use);
  CLI::Option* source =
      app->add_option("--src", options->source, "sentences; without: SOURCE<TAB>TARGET lines on standard input");
  CLI::Option* target = app->add_option("--tgt", options->target, "their translations")->needs(source);
  source->needs(target);
  return {app, [options](const std::string&) { return score(*options); }};
}

Command add_attend(CLI::App& program) {
  CLI::App* app = program.add_subcommand("attend", "draw what the model looked at for one sentence");
  auto options = std::make_shared<AttendOptions>();
  add_use_flags(*app, options->use);
  app->add_option("--out", options->out, "SVG file")->required();
  app->add_option("sentence", options->sentence, "what to translate")->required();
  return {app, [options](const std::string&) { return attend(*options); }};
}

// The arguments as a shell takes them.
std::string joined(int argc, char** argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" \t\"'\\$*?;|&<>()") == std::string::npos;
    line += (i ? " " : "") + (plain ? word : "'" + word + "'");
  }
  return line;
}

int program(int argc, char** argv) {
  CLI::App app("Neural machine translation with attention (Bahdanau et al. 2014): train, judge, use.", "translate");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  std::vector<Command> commands;
  for (auto add : {add_train, add_run, add_eval, add_score, add_attend, add_demo}) commands.push_back(add(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "translate: {}; --help lists what there is\n", error.what());
    return 2;
  }
  for (const Command& command : commands)
    if (*command.app) return command.run(joined(argc, argv));
  return 2;
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
