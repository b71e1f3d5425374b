#include "nn/rnn.h"

namespace grus::nn {

Rnn::Rnn(RnnOptions given, Rng& rng) : Module("Rnn", 1, given.bias, layers_of(given), rng), options(given) {}

std::shared_ptr<const grus::Cell> Rnn::made_of(const CellParameters& parameters) const {
  return std::make_shared<cells::Rnn>(parameters, options.activation);
}

}  // namespace grus::nn
