#pragma once
// What the program does, a function a subcommand. Each returns the exit code or throws an Error of one line.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "examples/translate/options.h"
#include "examples/translate/search.h"

namespace grus::translate {

/// Flags of `train` as they were given, without dashes; "config" and "paper" are among them.
using Given = std::vector<std::pair<std::string, std::string>>;

/// Defaults, then --paper, --config, the saved options of --resume or --init-from, then the flags. Throws UsageError
/// for values out of range and for flags that would change a saved model.
TrainOptions resolve_options(const Given& given, const TrainOptions& defaults = {});

/// 0: trained to the end; 3: stopped on request, all saved.
int train(TrainOptions options, const std::string& command_line, size_t samples = 5);

/// Trains on sentences that the program carries. `given`: flags that replace the demo's own.
int demo(const Given& given, const std::string& command_line);

/// What all commands that use a model take.
struct UseOptions {
  std::string model;
  int64_t beam = 5;
  double length_penalty = SearchOptions{}.length_penalty;
  int64_t max_length = 0;
  int64_t batch = 64;  // sentences at a time
  int64_t threads = 0;
  std::string device = "cpu";
};

struct RunOptions {
  UseOptions use;
  int64_t n_best = 1;
  bool n_best_given = false;  // then lines are "INDEX ||| TEXT ||| SCORE"
  std::string alignments;     // file: a JSON object a line
};
/// Standard input to standard output.
int run(const RunOptions& options);

struct EvalOptions {
  UseOptions use;
  std::string source;
  std::vector<std::string> references;
  std::string tokenize = "none";
  bool lowercase = false;
  std::string output;  // file for the translations
};
int eval(const EvalOptions& options);

struct ScoreOptions {
  UseOptions use;
  std::string source, target;  // none: SOURCE<TAB>TARGET lines on standard input
};
int score(const ScoreOptions& options);

struct AttendOptions {
  UseOptions use;
  std::string out, sentence;
};
int attend(const AttendOptions& options);

/// "Grus 0.1.0 ..." with the kernels that run here.
std::string version_text();

}  // namespace grus::translate
