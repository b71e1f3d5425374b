// Steps of decoding.
#include "seq2seq/bahdanau.h"
#include "seq2seq/decoder_state.h"

namespace grus::seq2seq {
namespace {

class BahdanauDecoder final : public Decoder {
 public:
  BahdanauDecoder(const Bahdanau& model, const Tokens& source) : model_(model), encoded_(model.encode(source)) {
    if (model.has_attention_gru()) weights_ = model.step_weights();
  }

  DecoderState start() const override { return model_.layers_of(encoded_.start); }

  Step step(const Tensor& words, const DecoderState& state, const std::vector<int64_t>& sources) override {
    const NoGrad unrecorded;
    const BahdanauOptions& o = model_.options;
    const Tensor x = model_.embed(model_.target_embedding, words);
    Output out = attend(x, model_.attending_state(state), sources);
    DecoderState next = {out.state.h};
    if (out.state.c.defined()) next.push_back(out.state.c);
    if (model_.upper) {
      const Output top = (*model_.upper)(out.y, Lengths::dense(1, x.dim(0), x.device()), model_.upper_state(state));
      const DecoderState above = seq2seq::layers_of(top.state);
      const auto middle = above.begin() + o.decoder_layers - 1;
      next.insert(next.begin() + 1, above.begin(), middle);
      next.insert(next.end(), middle, above.end());
      out.y = top.y;
    }
    const Tensor& seen =
        o.readout_state == ReadoutState::after ? out.y : state[static_cast<size_t>(o.decoder_layers - 1)];
    return {std::move(next), model_.readout(seen, x, out.attention.context), out.attention.weights};
  }

 private:
  Output attend(const Tensor& x, const State& state, const std::vector<int64_t>& sources) {
    const bool fused = model_.has_attention_gru(), others = sources != sources_;
    if (others) sources_ = sources;
    if (fused && others) rows_ = attention_rows(encoded_.memory.packed.lengths, sources);
    if (fused) return attention_gru_step(x, state.h, encoded_.memory.packed, rows_, weights_);
    if (others || !cell_) cell_.emplace(model_.attention_cell(encoded_.memory.of(sources)));
    return cell_->step(cell_->project(x), state);
  }

  const Bahdanau& model_;
  const Bahdanau::Encoded encoded_;
  std::vector<int64_t> sources_;
  AttentionGruWeights weights_;  // of cells::AttentionGru
  AttentionRows rows_;
  std::optional<AttentionCell> cell_;  // any other
};

}  // namespace

std::unique_ptr<Decoder> Bahdanau::decode(const Tokens& source) const {
  const NoGrad no_grad;
  return std::make_unique<BahdanauDecoder>(*this, source);
}

}  // namespace grus::seq2seq
