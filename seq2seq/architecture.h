#pragma once
// What every translator is to the training loop, the search and the report: a module that turns a source sentence and
// the words so far into rows before one output layer. An architecture is one file that implements this.
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

/// What each hypothesis carries from step to step: tensors of (rows, ...).
using DecoderState = std::vector<Tensor>;

/// One batch of sources being decoded.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// One row a source, before the first word.
  virtual DecoderState start() const = 0;
  struct Step {
    DecoderState state;
    Tensor rows;     // (rows, R): what the output layer takes
    Tensor weights;  // (rows, S): attention, or undefined
  };
  /// words (rows) i32: the words before; sources[i]: whose hypothesis row i is. Rows do not see each other.
  virtual Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) = 0;
};

/// logits = rows weight^T + bias.
struct OutputLayer {
  Tensor weight;  // (V, R)
  Tensor bias;    // (V) or undefined
};

class Architecture {
 public:
  virtual ~Architecture() = default;
  /// What --arch calls it.
  virtual std::string_view name() const = 0;
  virtual nn::ModuleBase& module() = 0;
  virtual const nn::ModuleBase& module() const = 0;
  /// One phrase for the report.
  virtual std::string description() const = 0;
  /// Teacher forcing: the row before each target word, (N, R), packed as `inputs` (<sos> and the words but the last).
  virtual Tensor forward_rows(const Tokens& source, const Tokens& inputs) const = 0;
  virtual OutputLayer output() const = 0;
  /// Rows (V, E): what stands for each source word.
  virtual Tensor source_words() const = 0;
  /// Rows (B, ...): what the decoder is told of each source before its first word.
  virtual Tensor summary(const Tokens& source) const = 0;
  /// Nothing of it is recorded.
  virtual std::unique_ptr<Decoder> decode(const Tokens& source) const = 0;
  /// Whether decoder steps say where they look.
  virtual bool has_attention() const { return false; }
};

struct VocabSizes {
  int64_t source, target;
};

/// All that the programs ask of an architecture before there is a model. Its file defines one of these; the list is in
/// architecture.cpp.
struct ArchitectureKind {
  std::string_view name;
  std::unique_ptr<Architecture> (*make)(const ModelOptions&, VocabSizes, Rng&);
  void (*use_recipe)(TrainOptions&);        // the best we know, over the defaults
  void (*use_paper_recipe)(TrainOptions&);  // the paper's sizes and training, over that
  void (*check)(const ModelOptions&);       // throws UsageError for what it cannot be made from
  std::span<const std::string_view> flags;  // options of the group "Model" that it reads, beside those all read
};

std::span<const ArchitectureKind* const> architecture_kinds();
/// Throws UsageError for an unknown name.
const ArchitectureKind& architecture_kind(std::string_view name);
/// Checks the options and makes what options.arch names.
std::unique_ptr<Architecture> make_architecture(const ModelOptions& options, VocabSizes sizes, Rng& rng);

}  // namespace grus::seq2seq
