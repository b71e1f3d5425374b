#include "nn/rnn.h"

namespace grus::nn {

Rnn::Rnn(RnnOptions given, Rng& rng)
    : Module("Rnn", 1, given.bias,
             RecurrentOptions{.input = given.input,
                              .hidden = given.hidden,
                              .layers = given.layers,
                              .batch_first = given.batch_first,
                              .dropout = given.dropout,
                              .locked_dropout = given.locked_dropout,
                              .bidirectional = given.bidirectional,
                              .checkpoint = given.checkpoint},
             rng),
      options(given) {}

std::shared_ptr<const grus::Cell> Rnn::made_of(const CellParameters& parameters) const {
  return std::make_shared<cells::Rnn>(parameters, options.activation);
}

}  // namespace grus::nn
