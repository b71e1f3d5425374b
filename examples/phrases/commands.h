#pragma once
// The program's subcommands, one function each, which returns the exit code or throws an Error of one line. A file "-"
// is standard input or output.
// Sources: draw.cpp, evaluate.cpp, extract.cpp, rank.cpp, sample.cpp, score.cpp, train.cpp.
#include <string>
#include <vector>

#include "data/pairs/word_aligner.h"
#include "examples/seq2seq/resolve.h"
#include "tasks/base/run_options.h"

namespace grus::phrases {

using seq2seq::Given;
using seq2seq::TrainOptions;

struct ExtractOptions {
  std::string pairs, source, target;  // SOURCE<TAB>TARGET lines, or two files
  std::string alignments;             // in Pharaoh's format, a line a pair; empty: our own aligner makes them
  std::string alignments_out;
  std::string tokenizer = "space";
  std::string out;
  int64_t longest = 7, least = 1;  // words of a phrase; times that a pair is seen
  int64_t max_length = 200;        // words of a side that our own aligner takes; longer pairs are left out
  data::AlignerOptions aligner;
  bool skip_bad = false;
};
int extract(const ExtractOptions& options);

/// Sets the recipe for phrases.
void use_phrase_recipe(TrainOptions& options);
/// Completes the options of a run: --train names the table; without --valid some source phrases are held out of it.
TrainOptions resolve_training(const Given& given);
/// Trains a model. Returns 0 when trained to the end, 3 when stopped on request, all saved.
int train(const TrainOptions& options, bool skip_bad, const std::string& command_line);

/// Options of all commands that use a model.
struct UseOptions {
  std::string model;
  int64_t batch_tokens = 4000;
  tasks::MachineOptions machine;
};

struct ScoreOptions {
  UseOptions use;
  std::string table = "-", out = "-";
  bool probability = false;  // scores are e^score, as decoders take that log features themselves
  bool skip_bad = false;
};
int score(const ScoreOptions& options);

struct RankOptions {
  UseOptions use;
  std::string table;
  std::vector<std::string> phrases;  // when empty, a line each on standard input
  int64_t best = 5;
  bool lines = false;  // "source ||| target ||| log p" instead of two columns
  bool skip_bad = false;
};
int rank(const RankOptions& options);

struct SampleOptions {
  UseOptions use;
  std::vector<std::string> phrases;
  int64_t count = 50, best = 5;
  int64_t max_length = 20;
  double temperature = 1;
  int64_t seed = 1;
};
int sample(const SampleOptions& options);

struct DrawOptions {
  UseOptions use;
  std::string table;      // the table whose source phrases are drawn
  std::string sentences;  // a file of sentences to draw; where both are empty, words are drawn
  std::string out;
  int64_t words = 600, phrases = 900;  // at most; sentences as many as phrases
  std::string method = "tsne";         // or pca
  double perplexity = 20;
  int64_t seed = 1;
  bool skip_bad = false;
};
int draw(const DrawOptions& options, const std::string& command_line);

struct EvaluateOptions {
  UseOptions use;
  std::string pairs;               // SOURCE<TAB>TARGET<TAB>TARGET...
  std::vector<std::string> known;  // further files of pairs, whose targets are no wrong ones
  std::vector<std::string> pool;   // files whose targets are drawn as well
  int64_t among = 20, within = 1;
  int64_t seed = 1;
};
int evaluate(const EvaluateOptions& options);

}  // namespace grus::phrases
