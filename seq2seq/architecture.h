#pragma once
// An Architecture is what the training loop, the search and the report know of a translator: a module that turns a
// source sentence and the words so far into rows before one output layer. A new architecture is one file that
// implements this.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/lengths.h"
#include "nn/module.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Sentences as packed rows of ids (N) i32.
struct Tokens {
  Tensor ids;
  Lengths lengths;
};
Tokens pack_tokens(std::span<const std::vector<int32_t>> sentences);

/// A DecoderState is what each hypothesis carries from step to step: tensors (rows, ...).
using DecoderState = std::vector<Tensor>;

/// A Decoder decodes one batch of sources, a step at a time.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Returns the state before the first word, with one row a source.
  virtual DecoderState start() const = 0;
  struct Step {
    DecoderState state;
    Tensor rows;     // (rows, R), the input of the output layer
    Tensor weights;  // (rows, S) attention weights, or undefined
  };
  /// Takes words (rows) i32, the word before each, and sources, where row i is a hypothesis of sources[i]. No row
  /// depends on another.
  virtual Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) = 0;
};

/// logits = rows weight^T + bias
struct OutputLayer {
  Tensor weight;  // (V, R)
  Tensor bias;    // (V) or undefined
};

class Architecture {
 public:
  virtual ~Architecture() = default;
  /// Returns the name that --arch knows it by.
  virtual std::string_view name() const = 0;
  virtual nn::ModuleBase& module() = 0;
  virtual const nn::ModuleBase& module() const = 0;
  /// Returns one phrase for the report.
  virtual std::string description() const = 0;
  struct Forced {
    Tensor rows;     // (N, R), the row before each target word, packed as the inputs
    Tensor weights;  // (N, S) attention weights, or undefined
  };
  /// Teacher forcing: takes `inputs` (<sos> and the words of the target).
  virtual Forced forward_rows(const Tokens& source, const Tokens& inputs) const = 0;
  virtual OutputLayer output() const = 0;
  /// Returns a vector for each source word (V, E).
  virtual Tensor source_words() const = 0;
  /// Returns rows (B, ...) of what the decoder knows of each source before its first word.
  virtual Tensor summary(const Tokens& source) const = 0;
  /// Returns a decoder of the sources. Callers without a use for records hold a NoGrad; some decoders leave none.
  virtual std::unique_ptr<Decoder> decode(const Tokens& source) const = 0;
  /// Says whether decoder steps return attention weights.
  virtual bool has_attention() const { return false; }
};

struct VocabSizes {
  int64_t source, target;
};

/// An ArchitectureKind is all that the programs ask of an architecture before there is a model. Its file defines one;
/// architecture.cpp lists them.
struct ArchitectureKind {
  std::string_view name;
  std::unique_ptr<Architecture> (*make)(const ModelOptions&, VocabSizes, Rng&);
  void (*use_recipe)(TrainOptions&);        // sets the best recipe known, over the defaults
  void (*use_paper_recipe)(TrainOptions&);  // sets the paper's sizes and training, over that
  void (*check)(const ModelOptions&);       // throws UsageError for options that make no model
  bool attends;                             // whether its models have attention
  std::span<const std::string_view> flags;  // the flags of the group "Model" that it reads, beside those all read
};

std::span<const ArchitectureKind* const> architecture_kinds();
/// Throws UsageError for an unknown name.
const ArchitectureKind& architecture_kind(std::string_view name);
/// Checks the options and returns a model of the architecture that options.arch names. Throws UsageError.
std::unique_ptr<Architecture> make_architecture(const ModelOptions& options, VocabSizes sizes, Rng& rng);
/// Makes the model of a training, whose first values follow from options.seed.
std::unique_ptr<Architecture> make_architecture(const TrainOptions& options, VocabSizes sizes);

/// Sets the best recipe known for the architecture that options.model.arch names, over the defaults.
void use_recipe(TrainOptions& options);
/// Sets the sizes and the training of that architecture's paper.
void use_paper_recipe(TrainOptions& options);

}  // namespace grus::seq2seq
