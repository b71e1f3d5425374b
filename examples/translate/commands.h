#pragma once
// The program's subcommands, one function each, which returns the exit code or throws an Error of one line.
// Sources: compare.cpp, demo.cpp, export.cpp, run.cpp, score.cpp, search.cpp, serve.cpp, shortlist.cpp, use.cpp.
#include <memory>
#include <string>
#include <vector>

#include "examples/seq2seq/resolve.h"
#include "seq2seq/search.h"
#include "seq2seq/shortlist.h"
#include "seq2seq/translator.h"
#include "tasks/base/run_options.h"

namespace grus::translate {

using namespace seq2seq;

/// Sets the demo's recipe: a small and quick model for short sentences of frequent words.
void use_demo_recipe(TrainOptions& options);
/// Trains on sentences that the program carries. The flags in `given` replace the demo's own.
int demo(const Given& given, const std::string& command_line);

/// Options of all commands that use a model.
struct UseOptions {
  std::string model;                 // DIR, or DIR,DIR for models that translate together
  std::vector<std::string> rescore;  // DIR=WEIGHT
  int64_t beam = 5;
  double length_penalty = SearchOptions{}.length_penalty;
  int64_t max_length = 0, enough = 0;
  double prune = 0;
  std::string shortlist;  // a file with the words that translations may have
  int64_t batch = 64;     // sentences at a time
  tasks::MachineOptions machine;
};

/// Return the rows of a command that searches, and of one that takes sentences in batches.
options::Table search_rows(UseOptions& options);
options::Table batch_rows(UseOptions& options);
SearchOptions search_options(const UseOptions& options);
/// Sets the machine and loads the models, or the one of a command that takes no more.
Translator load_models(const UseOptions& options);
SavedModel load_one(const UseOptions& options);
/// Reads the shortlist that the options name, in the pieces of the first model; null where they name none.
std::shared_ptr<const Shortlist> load_shortlist(const UseOptions& options, const Translator& models);

struct MakeShortlistOptions {
  std::string model;                  // whose pieces they are
  std::string pairs, source, target;  // SOURCE<TAB>TARGET lines, or two files
  std::string out;
  int64_t max_length = 200;  // pieces of a side; longer pairs are left out
  ShortlistOptions list;
};
/// Writes the shortlist of a training text.
int make_shortlist(const MakeShortlistOptions& options);

struct RunOptions {
  UseOptions use;
  int64_t n_best = 1;
  bool n_best_given = false;              // lines are then "INDEX ||| TEXT ||| logp= L words= W ||| SCORE"
  std::string alignments;                 // a file that gets a line for each of the input
  std::string alignment_format = "json";  // or pharaoh
  std::string prefix;                     // a file with the beginning of each translation
  bool prefix_column = false;             // it stands behind a tab of standard input instead
  bool sample = false;                    // translations are drawn
  CategoricalOptions draw;
  int64_t seed = 1;
};
/// Translates standard input to standard output.
int run(const RunOptions& options);

struct ExportOptions {
  UseOptions use;
  std::string out;        // a folder
  bool examples = false;  // numbers that go in and come out, too
};
/// Writes the encoder and a step of the decoder in ONNX, as export.cpp says. Throws DataError for another architecture
/// than Bahdanau's.
int export_onnx(const ExportOptions& options);

struct EvalOptions {
  UseOptions use;
  std::string source;
  std::vector<std::string> references;
  std::string tokenize = "none";
  bool lowercase = false;
  std::string output;  // a file for the translations
};
int eval(const EvalOptions& options);

struct ScoreOptions {
  UseOptions use;
  std::string source, target;  // without them SOURCE<TAB>TARGET lines on standard input
  std::string n_best;          // a list of translations of `source`, which gets one more score
  std::string feature = "model";
  double weight = 1, length_penalty = SearchOptions{}.length_penalty;
  std::string alignments;  // a file that gets what each given pair looked at
  std::string alignment_format = "json";
};
int score(const ScoreOptions& options);

struct ServeOptions {
  UseOptions use;  // its beam is that of requests that name none
  std::string host = "127.0.0.1";
  int64_t port = 8080;   // 0: one that is free
  int64_t join = 3;      // milliseconds that a request waits for others to join its batch
  int64_t waiting = 64;  // requests at most
  double timeout = 30;   // seconds until a request is given up
  int64_t max_bytes = 65536, max_sentences = 64, max_words = 200, max_beam = 20;  // of a request
};
/// Answers HTTP until a signal stops it. Its address is a line of standard output.
int serve(const ServeOptions& options);

struct AttendOptions {
  UseOptions use;
  std::string out, sentence;
};
int attend(const AttendOptions& options);

struct CompareOptions {
  UseOptions use;  // all but its model
  std::vector<std::string> models;
  std::string source, out;
  std::vector<std::string> references;  // with `source` they are the text; without both, the first model's test text is
  std::string tokenize = "none";
  bool lowercase = false;
};
/// Compares several models on one text, in a page with tables and BLEU by length.
int compare(const CompareOptions& options, const std::string& command_line);

}  // namespace grus::translate
