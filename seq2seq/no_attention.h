#pragma once
// Translators without attention fit an EncoderDecoder (seq2seq/encoder_decoder.h has its equations) to training, search
// and reports. Cho et al. 2014 (seq2seq/cho.h) and Sutskever et al. 2014 (seq2seq/sutskever.h) are two forms of it.
#include <span>

#include "seq2seq/architecture.h"
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

/// A Reading is what an encoder makes of packed sources before it reads them.
using Reading = Tokens (*)(const Tokens& source);
/// Returns each sentence from its last word to its first.
Tokens reversed(const Tokens& source);

struct NoAttentionOptions {
  EncoderDecoderOptions network;
  Reading reading = nullptr;  // null: sources as they are
  Tie tie = Tie::none;
};

class NoAttention final : public Architecture {
 public:
  /// `set_weights` draws the first values; `name` is that of --arch; `description` is one phrase.
  using SetWeights = void (*)(EncoderDecoder&, Rng&);
  NoAttention(std::string_view name, std::string description, const NoAttentionOptions& options, SetWeights set_weights,
              Rng& rng);

  std::string_view name() const override { return name_; }
  nn::ModuleBase& module() override { return network_; }
  const nn::ModuleBase& module() const override { return network_; }
  std::string description() const override { return description_; }
  OutputLayer output() const override { return {network_.output_weight, network_.output_bias}; }
  Forced forward_rows(const Tokens& source, const Tokens& inputs) const override;
  Tensor source_words() const override { return network_.source_embedding.weight; }
  /// Returns c, or the last state of the last layer where nothing uses c.
  Tensor summary(const Tokens& source) const override;
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;

  const EncoderDecoder& network() const { return network_; }
  /// Returns the source as the encoder reads it.
  Tokens read(const Tokens& source) const { return reading_ ? reading_(source) : source; }

 private:
  const std::string_view name_;
  const std::string description_;
  const Reading reading_;
  EncoderDecoder network_;
};

/// Makes the model that the flags describe; its description names the paper whose sizes it has.
std::unique_ptr<Architecture> make_no_attention(const ArchitectureKind& kind, std::string_view paper,
                                                NoAttention::SetWeights paper_weights, const ModelOptions& options,
                                                VocabSizes sizes, Rng& rng);
/// Throws UsageError for flags that no such model has together.
void check_no_attention(const ModelOptions& options);
/// Returns the flags of the group "Model" that these models read.
std::span<const std::string_view> no_attention_flags();
/// Sets what the recipes of both papers have in common.
void use_recipe_of_2014(TrainOptions& options);

}  // namespace grus::seq2seq
