#pragma once
// Options are everything that can be chosen about a training run, with its default (the best recipe known).
#include <cstdint>
#include <string>

#include "core/device/device.h"
#include "core/device/precision.h"
#include "nn/attention.h"
#include "ops/sequence/gru.h"
#include "parallel/communicator.h"

namespace grus::seq2seq {

// Words of flags and of config.json are enumerators; a word is the enumerator's name unless a comment says another.

enum class DecoderCell { conditional, single };
enum class Unit { gru, lstm };
enum class SourceOrder { forward, reversed };
enum class ReadoutState { after, before };  // "new", "previous"
enum class Tie { all, output, none };
enum class FirstWeights { scaled, paper };
enum class OptimizerKind { adam, adamw, adadelta, sgd, rmsprop };
enum class ScheduleKind { cosine, constant, inverse_sqrt, halving };  // "inverse-sqrt"
enum class LossPer { token, sentence };

/// ModelOptions are all that any architecture reads from --arch and the flags beside it. Each architecture makes its
/// own typed options (BahdanauOptions, EncoderDecoderOptions) of them.
struct ModelOptions {
  enum class Context { every, first };
  enum class Readout { tanh, maxout, none };
  enum class InitialState { mean, backward, summary, states, zeros };

  std::string arch = "bahdanau";  // a name of architecture_kinds()
  int64_t embedding = 256;        // E
  int64_t hidden = 512;           // H, size of the decoder's state
  int64_t encoder = 0;            // size of each direction; 0: H / 2
  int64_t attention = 0;          // A, size of the attention layer; 0: H
  int64_t readout_size = 0;       // R, size before the output layer; 0: E
  int64_t layers = 1;
  int64_t encoder_layers = 0, decoder_layers = 0;  // those of one side; 0: `layers`
  bool residual = false;                           // from each side's second layer on
  nn::Score score = nn::Score::additive;           // of attention
  Unit unit = Unit::gru;
  double forget_bias = 0;            // for LSTMs
  Context context = Context::every;  // where the summary goes: into every step ("peeky"), or into the first state only
  SourceOrder source_order = SourceOrder::forward;
  DecoderCell decoder = DecoderCell::conditional;    // single: one GRU on [word; context]
  Readout readout = Readout::tanh;                   // maxout: over pairs
  ReadoutState readout_state = ReadoutState::after;  // before: the state before this word, as in the paper's appendix
  // mean, backward and summary are tanh of a projection of the encoder's; states are its states as they are.
  InitialState initial_state = InitialState::mean;
  Reset reset = Reset::after;  // ops/sequence/gru.h
  Update update = Update::keep;
  Tie tie = Tie::all;  // the matrices that are one: both embeddings and the output layer; output: the last two
  FirstWeights weights = FirstWeights::scaled;  // paper: those of the architecture's paper
  double dropout = 0.2;                         // locked: one mask for all time steps
};

struct TrainOptions {
  ModelOptions model;
  // Files: TSV files hold both sides; a test TSV may have several references.
  std::string train, valid, test;
  std::string train_source, train_target, valid_source, valid_target, test_source, test_target;
  std::string out, init_from, freeze;
  bool extend_vocab = false;  // of the model in init_from, by the new text's words
  bool resume = false;
  bool overwrite = false;
  // Text.
  std::string tokenizer;  // for data::make_tokenizer; empty: bpe where this build has it, else word
  std::string source_tokenizer, target_tokenizer;  // those of one side; empty: `tokenizer`
  int64_t vocab = 6000;
  std::string source_vocab, target_vocab;  // of one side: a size, or a file of symbols; empty: `vocab`
  int64_t min_count = 1;
  int64_t max_length = 100;  // pieces; longer pairs are left out of training
  // Training.
  std::string protocol;  // of protocols(); empty: none
  int64_t epochs = 5;
  int64_t max_steps = 0;                    // 0: no limit
  int64_t patience = 5;                     // validations without a better figure; 0: never stop early
  std::string metrics = "bleu,perplexity";  // validation figures; the first one chooses the weights
  int64_t validate_every = 0;               // steps between validations; 0: at the end of each epoch
  int64_t keep = 0;                         // weights of so many last validations that stay
  int64_t batch_tokens = 1000;              // places of the longer side, padding included
  int64_t batch_sentences = 0;              // above 0: this number of pairs instead
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
  std::string guided_alignment;  // a file of links of the training pairs, or "auto": those of our own aligner; or none
  double guided_alignment_weight = 0.1;
  double clip = 1;
  double average = 0.998;  // decay of the average of the weights; 0: no average
  int64_t seed = 1;
  std::string bleu_tokenize = "none";
  int64_t beam = 5;           // for the test figure
  int64_t save_every = 1000;  // steps between saved states, beside those at the end of epochs
  int64_t shards = 0;         // parts of each step that ranks share out; 0: none on one rank, 8 on several
  // Machine.
  parallel::Reduce reduce = parallel::Reduce::tree;
  parallel::Wire wire = parallel::Wire::f32;
  bool shard_optimizer = false;  // each rank updates a part of the weights
  std::string devices;           // several of this machine, with commas; none: device
  double bucket_mb = 4;          // of gradients that a rank sends at a time
  int64_t threads = 0;           // 0: as many as there are
  std::string device = initial_device_name();
  Precision precision = Precision::f32;    // of products
  Precision activations = Precision::f32;  // what a step keeps for its gradients
  std::string loss_scale = "auto";         // dynamic in f16, else 1
  // Watching (docs/watching.md).
  std::string show_step, profile;
  int64_t performance = 0;  // above 0: so many steps are measured, and nothing is kept
};

}  // namespace grus::seq2seq
