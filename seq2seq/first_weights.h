#pragma once
// First values that the models of 2014 share: Gaussian matrices, orthogonal recurrent ones, biases of 0.
#include "nn/linear.h"
#include "nn/recurrent.h"

namespace grus::seq2seq {

/// Draws every element from N(0, deviation^2).
void set_normal(nn::Parameter& weight, Rng& rng, double deviation = 0.01);
void set_zero(nn::Parameter& parameter);
/// Draws one orthogonal matrix for each gate of weight_hh (G H, H) (Saxe et al. 2014).
void set_orthogonal(nn::Parameter& weight_hh, Rng& rng);
/// Draws the weight from N(0, deviation^2); the bias, if there is one, is 0.
void set_normal(nn::Linear& layer, Rng& rng, double deviation = 0.01);
/// Draws weight_ih from N(0, 0.01^2); biases are 0, and weight_hh stays.
void set_normal_inputs(nn::CellParameters& cell, Rng& rng);

}  // namespace grus::seq2seq
