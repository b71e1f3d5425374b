#include "nn/rnn.h"

namespace grus::nn {

Rnn::Rnn(RnnOptions given, Rng& rng)
    : Module("Rnn", 1, given.bias, layers_of(given), rng, given.weight_drop), options(given) {}

std::shared_ptr<const grus::Cell> Rnn::made_of(const RecurrentWeights& given) const {
  return std::make_shared<cells::Rnn>(given, options.activation);
}

}  // namespace grus::nn
