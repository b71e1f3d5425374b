#include "tasks/listen/model.h"

#include "ops/math/softmax.h"
#include "ops/sequence/sequence.h"

namespace grus::tasks::listen {

Recogniser::Recogniser(const ModelOptions& o, int64_t outputs, Rng& rng)
    : options(o),
      gru(child("gru", nn::Gru({.input = o.bands,
                                .hidden = o.hidden,
                                .layers = o.layers,
                                .dropout = o.layers > 1 ? o.dropout : 0,
                                .bidirectional = true},
                               rng))),
      output(child("output", nn::Linear(2 * o.hidden, outputs, rng))),
      drop_(child("drop", nn::Dropout(o.dropout))) {
  if (o.target == Target::words)
    pooling = child("pooling", nn::StatePooling({.states = 2 * o.hidden, .bidirectional = true, .pool = o.pool}, rng));
}

Recogniser::Answer Recogniser::forward(const data::Packed& sounds) const {
  const Output states = gru.forward_packed(sounds.rows, sounds.lengths);
  if (pooling) {
    const nn::PooledState pooled = (*pooling)(states, sounds.lengths);
    return {output(drop_(pooled.state)), pooled.weights};
  }
  return {log_softmax(unpack(output(drop_(states.y, sounds.lengths)), sounds.lengths)), {}};
}

}  // namespace grus::tasks::listen
