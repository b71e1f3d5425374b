#include "seq2seq/first_weights.h"

#include "nn/init.h"

namespace grus::seq2seq {

// New values are not copied into the old ones' place: those of a model that waits for its weights have no pages.
void set_normal(nn::Parameter& weight, Rng& rng, double deviation) {
  weight.leaf().replace(nn::init::normal(weight.shape(), 0, deviation, rng));
}

void set_zero(nn::Parameter& parameter) { parameter.assign(nn::init::zeros(parameter.shape())); }

void set_orthogonal(nn::Parameter& weight_hh, Rng& rng) {
  weight_hh.leaf().replace(nn::init::orthogonal(weight_hh.shape(), rng, 1, weight_hh.dim(0) / weight_hh.dim(1)));
}

void set_normal(nn::Linear& layer, Rng& rng, double deviation) {
  set_normal(layer.weight, rng, deviation);
  if (layer.bias.defined()) set_zero(layer.bias);
}

void set_normal_inputs(nn::CellParameters& cell, Rng& rng) {
  set_normal(cell.weight_ih, rng);
  set_zero(cell.bias_ih), set_zero(cell.bias_hh);
}

}  // namespace grus::seq2seq
