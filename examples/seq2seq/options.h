#pragma once
// Everything that can be chosen about a training run, its defaults (the best recipe we know) and its limits. One table
// row an option: flags, config.json and messages all come from it.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/device/device.h"

namespace grus::seq2seq {

/// What the architecture is built from.
struct ModelOptions {
  std::string arch = "bahdanau";
  int64_t embedding = 256;   // E
  int64_t hidden = 512;      // H of the decoder
  int64_t encoder = 0;       // of each direction; 0: half of hidden
  int64_t attention = 0;     // A; 0: hidden
  int64_t readout_size = 0;  // before the output layer; 0: embedding
  int64_t layers = 1;
  std::string unit = "gru";              // or lstm
  double forget_bias = 0;                // lstm
  std::string context = "every";         // the summary at every step ("peeky"), or first: in the first state only
  std::string source_order = "forward";  // or reversed
  std::string decoder = "conditional";   // or single: one GRU on [word; context]
  std::string readout = "tanh";          // or maxout (pairs), none
  std::string readout_state = "new";     // or previous: the state before this word, as in the paper's appendix
  std::string initial_state = "mean";    // tanh of a projection of the encoder's mean, backward state or summary; its
                                         // states as they are; zeros
  std::string reset = "after";           // ops/gru.h
  std::string update = "keep";
  std::string tie = "all";         // one matrix: source and target embedding and output; output: the last two; none
  std::string weights = "scaled";  // first values; paper: those of the paper's appendix B.1
  double dropout = 0.2;            // locked: one mask for all time steps
};

struct TrainOptions {
  ModelOptions model;
  // Files. TSV files hold both sides; a test TSV may have several references.
  std::string train, valid, test;
  std::string train_source, train_target, valid_source, valid_target, test_source, test_target;
  std::string out, init_from, freeze;
  bool resume = false;
  bool overwrite = false;
  // Text.
  std::string tokenizer;  // empty: bpe where this build has it, else word
  int64_t vocab = 6000;
  int64_t min_count = 1;
  int64_t max_length = 100;  // pieces; longer training pairs are left out
  // Training.
  int64_t epochs = 5;
  int64_t max_steps = 0;  // 0: no limit
  int64_t patience = 5;   // epochs without a better validation figure; 0: never stop early
  std::string select = "bleu";
  int64_t batch_tokens = 1000;  // padded places of the longer side
  int64_t batch_sentences = 0;  // > 0: that many pairs instead
  std::string optimizer = "adam";
  double learning_rate = 3e-3;
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-9;
  double weight_decay = 0;
  std::string schedule = "cosine";
  double halve_after = 5, halve_every = 0.5;  // epochs
  int64_t warmup = 200;
  std::string loss_per = "token";  // or sentence
  double label_smoothing = 0.1;
  double teacher_forcing = 1;
  double clip = 1;
  double average = 0.998;  // of the weights; 0: none
  int64_t seed = 1;
  std::string bleu_tokenize = "none";
  int64_t beam = 5;           // for the test figure
  int64_t save_every = 1000;  // steps between saved states (and at every epoch's end)
  // Machine.
  int64_t threads = 0;  // 0: all
  std::string device = initial_device_name();
  std::string precision = "f32";
  // Watching (docs/watching.md).
  std::string show_step, profile;
};

/// One row: where the value lives and what it may be.
struct Option {
  std::string_view flag;  // without the dashes
  std::string_view group;
  std::variant<std::string*, int64_t*, double*, bool*> value;
  std::string_view help;
  double low = 0, high = 0;  // numbers: low <= value <= high (`below`: < high)
  bool below = false;
  std::vector<std::string_view> choices = {};  // words; empty: any text
  bool of_model = false;                       // fixed once a model exists
};

std::vector<Option> option_table(TrainOptions& options);

/// The value as text, and from text. set_option throws UsageError "--hidden: need a whole number from 1 to ..., got
/// -3".
std::string text_of(const Option& option);
void set_option(TrainOptions& options, std::string_view flag, std::string_view text);

/// What a file of options may hold.
inline constexpr size_t most_config_bytes = 1 << 24;
nlohmann::json to_json(const TrainOptions& options);
/// Sets what the object names. Throws DataError naming `file` and the member for unknown ones and bad values.
void apply_json(TrainOptions& options, const nlohmann::json& json, std::string_view file);

/// Flags of a training run as they were given, without dashes; "config" and "paper" are among them.
using Given = std::vector<std::pair<std::string, std::string>>;

/// Defaults, then --paper, --config, the saved options of --resume or --init-from, then the flags. Throws UsageError
/// for values out of range and for flags that would change a saved model.
TrainOptions resolve_options(const Given& given, const TrainOptions& defaults = {});

/// The same without saved options and flags: what --arch, --paper and --config make of the defaults.
TrainOptions recipe_options(const Given& given, const TrainOptions& defaults = {});

/// What the architecture named by options.model.arch is trained best with, as far as we know, over the defaults.
void use_recipe(TrainOptions& options);
/// The sizes and training of that architecture's paper.
void use_paper_recipe(TrainOptions& options);
/// Small and quick, for short sentences of frequent words.
void use_demo_recipe(TrainOptions& options);

/// What no single option can see: files missing from the command line, ties that need equal sizes. Throws UsageError.
void check_options(const TrainOptions& options);

}  // namespace grus::seq2seq
