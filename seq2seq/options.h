#pragma once
// Everything that can be chosen about a training run, its defaults (the best recipe we know) and its limits. One table
// row an option: flags, config.json and messages all come from it.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/device/device.h"
#include "core/device/precision.h"
#include "ops/gru.h"

namespace grus::seq2seq {

// The words of flags and of config.json, typed; an enumerator's word is its own name unless a comment says another.

enum class DecoderCell { conditional, single };
enum class Unit { gru, lstm };
enum class SourceOrder { forward, reversed };
enum class ReadoutState { after, before };  // "new", "previous"
enum class Tie { all, output, none };
enum class FirstWeights { scaled, paper };
enum class OptimizerKind { adam, adamw, adadelta, sgd };
enum class ScheduleKind { cosine, constant, inverse_sqrt, halving };  // "inverse-sqrt"
enum class Figure { bleu, perplexity };
enum class LossPer { token, sentence };

/// What --arch and the flags beside it say: all that any architecture reads. Each has typed options of its own
/// (BahdanauOptions, EncoderDecoderOptions), which are made of these.
struct ModelOptions {
  enum class Context { every, first };
  enum class Readout { tanh, maxout, none };
  enum class InitialState { mean, backward, summary, states, zeros };

  std::string arch = "bahdanau";  // architecture_kinds()
  int64_t embedding = 256;        // E
  int64_t hidden = 512;           // H of the decoder
  int64_t encoder = 0;            // of each direction; 0: half of hidden
  int64_t attention = 0;          // A; 0: hidden
  int64_t readout_size = 0;       // before the output layer; 0: embedding
  int64_t layers = 1;
  Unit unit = Unit::gru;
  double forget_bias = 0;            // lstm
  Context context = Context::every;  // the summary at every step ("peeky"), or first: in the first state only
  SourceOrder source_order = SourceOrder::forward;
  DecoderCell decoder = DecoderCell::conditional;    // single: one GRU on [word; context]
  Readout readout = Readout::tanh;                   // maxout: of pairs
  ReadoutState readout_state = ReadoutState::after;  // before: the state before this word, as in the paper's appendix
  // tanh of a projection of the encoder's mean, backward state or summary; its states as they are; zeros
  InitialState initial_state = InitialState::mean;
  Reset reset = Reset::after;  // ops/gru.h
  Update update = Update::keep;
  Tie tie = Tie::all;  // one matrix: source and target embedding and output; the last two; none
  FirstWeights weights = FirstWeights::scaled;  // paper: those of the architecture's paper
  double dropout = 0.2;                         // locked: one mask for all time steps
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
  std::string tokenizer;  // data::make_tokenizer; empty: bpe where this build has it, else word
  int64_t vocab = 6000;
  int64_t min_count = 1;
  int64_t max_length = 100;  // pieces; longer training pairs are left out
  // Training.
  int64_t epochs = 5;
  int64_t max_steps = 0;  // 0: no limit
  int64_t patience = 5;   // epochs without a better validation figure; 0: never stop early
  Figure select = Figure::bleu;
  int64_t batch_tokens = 1000;  // padded places of the longer side
  int64_t batch_sentences = 0;  // > 0: that many pairs instead
  OptimizerKind optimizer = OptimizerKind::adam;
  double learning_rate = 3e-3;
  double beta1 = 0.9, beta2 = 0.98, epsilon = 1e-9;
  double weight_decay = 0;
  ScheduleKind schedule = ScheduleKind::cosine;
  double halve_after = 5, halve_every = 0.5;  // epochs
  int64_t warmup = 200;
  LossPer loss_per = LossPer::token;
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
  Precision precision = Precision::f32;  // of products
  // Watching (docs/watching.md).
  std::string show_step, profile;
};

/// An enum's value as the place of its word among Option::choices.
struct Choice {
  std::function<size_t()> get;
  std::function<void(size_t)> set;
};

/// One row: where the value lives and what it may be.
struct Option {
  std::string_view flag;  // without the dashes
  std::string_view group;
  std::variant<std::string*, int64_t*, double*, bool*, Choice> value;
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
/// What one flag says, for messages.
std::string text_of(const TrainOptions& options, std::string_view flag);
std::string text_of(const ModelOptions& options, std::string_view flag);
void set_option(TrainOptions& options, std::string_view flag, std::string_view text);

/// Throws UsageError for an option that a run in `folder`, begun with `saved`, cannot go on with: the optimizer,
/// whether there are averages, and what its batches are made of.
void require_same_run(const TrainOptions& options, const TrainOptions& saved, std::string_view folder);

/// What the architecture named by options.model.arch is trained best with, as far as we know, over the defaults.
void use_recipe(TrainOptions& options);
/// The sizes and training of that architecture's paper.
void use_paper_recipe(TrainOptions& options);
}  // namespace grus::seq2seq
