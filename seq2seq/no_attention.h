#pragma once
// Translators without attention: one network (seq2seq/encoder_decoder.h, where its equations are) as training, search
// and reports take it. Cho et al. 2014 (seq2seq/cho.h) and Sutskever et al. 2014 (seq2seq/sutskever.h) are two of its
// forms.
#include <span>

#include "seq2seq/architecture.h"
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

struct NoAttentionOptions {
  EncoderDecoderOptions network;
  SourceOrder source_order = SourceOrder::forward;
  Tie tie = Tie::none;
};

class NoAttention final : public Architecture {
 public:
  /// `set_weights` gives the first values. name: the --arch; description: one phrase.
  using SetWeights = void (*)(EncoderDecoder&, Rng&);
  NoAttention(std::string_view name, std::string description, const NoAttentionOptions& options, SetWeights set_weights,
              Rng& rng);

  std::string_view name() const override { return name_; }
  nn::ModuleBase& module() override { return network_; }
  const nn::ModuleBase& module() const override { return network_; }
  std::string description() const override { return description_; }
  OutputLayer output() const override { return {network_.output_weight, network_.output_bias}; }
  Tensor forward_rows(const Tokens& source, const Tokens& inputs) const override;
  Tensor source_words() const override { return network_.source_embedding.weight; }
  /// c, or where nothing uses it the last layer's last state.
  Tensor summary(const Tokens& source) const override;
  std::unique_ptr<Decoder> decode(const Tokens& source) const override;

  const EncoderDecoder& network() const { return network_; }
  /// The source as the encoder reads it.
  Tokens ordered(const Tokens& source) const;

 private:
  const std::string_view name_;
  const std::string description_;
  const SourceOrder source_order_;
  EncoderDecoder network_;
};

/// What the flags say. `kind`: whose paper's sizes the description compares with.
std::unique_ptr<Architecture> make_no_attention(const ArchitectureKind& kind, std::string_view paper,
                                                NoAttention::SetWeights paper_weights, const ModelOptions& options,
                                                VocabSizes sizes, Rng& rng);
/// Throws UsageError for flags that go together in no such model.
void check_no_attention(const ModelOptions& options);
/// Flags of the group "Model" that they read.
std::span<const std::string_view> no_attention_flags();
/// What both papers do.
void use_recipe_of_2014(TrainOptions& options);

}  // namespace grus::seq2seq
