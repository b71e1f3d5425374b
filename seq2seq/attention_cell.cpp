#include "seq2seq/attention_cell.h"

#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/shape.h"

namespace grus::seq2seq {
namespace {

std::shared_ptr<const Cell> on_gates(const UnitCell& cell) {
  return make_unit(cell.options.unit, cell.options.form, {{}, cell.weights.weight_hh, {}, cell.weights.bias_hh});
}

}  // namespace

AttentionCell::AttentionCell(const UnitCell* first, const UnitCell& second, const nn::Attention& attention,
                             nn::PreparedMemory memory)
    : attention_(attention),
      memory_(std::move(memory)),
      first_(first ? on_gates(*first) : nullptr),
      second_(on_gates(second)) {
  const nn::CellParameters& w = second.weights;
  if (first) {
    word_weight_ = first->weights.weight_ih, word_bias_ = first->weights.bias_ih;
    context_weight_ = w.weight_ih, context_bias_ = w.bias_ih;
  } else {
    const Tensor weight = w.weight_ih;
    const int64_t words = weight.dim(1) - attention.options.memory;
    word_weight_ = weight.columns(0, words), word_bias_ = w.bias_ih;
    context_weight_ = weight.columns(words);
  }
}

Tensor AttentionCell::project(const Tensor& x) const { return linear(x, word_weight_, word_bias_); }

Output AttentionCell::step(const Tensor& x, const State& state) const {
  const Lengths one = Lengths::dense(1, x.dim(0), x.device());
  const State middle = first_ ? scan(*first_, x, one, state).state : state;
  AttentionOutput attended = attention_(middle.h, memory_.first(x.dim(0)));
  const Tensor gates = linear(attended.context, context_weight_, context_bias_);
  const State next = scan(*second_, first_ ? gates : gates + x, one, middle).state;
  return {next.h, next, std::move(attended)};
}

}  // namespace grus::seq2seq
