#include "seq2seq/decoder_state.h"

#include "ops/math/shape.h"

namespace grus::seq2seq {

DecoderState layers_of(const State& state) {
  DecoderState parts;
  for (const Tensor* all : {&state.h, &state.c})
    for (int64_t l = 0; all->defined() && l < all->dim(0); ++l) parts.push_back((*all)[l]);
  return parts;
}

State state_of(const DecoderState& layers, int64_t count) {
  const auto middle = layers.begin() + count;
  return {stack(DecoderState(layers.begin(), middle), 0),
          middle == layers.end() ? Tensor() : stack(DecoderState(middle, layers.end()), 0)};
}

}  // namespace grus::seq2seq
