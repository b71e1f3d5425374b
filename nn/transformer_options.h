#pragma once
#include "nn/dropout.h"
#include "nn/layer_norm.h"
#include "nn/multihead_attention.h"

namespace grus::nn {

enum class FeedForward { relu, gelu };

struct TransformerOptions {
  int64_t width, heads;   // E, H
  int64_t hidden = 2048;  // size of the layer between the two of the feed-forward part
  double dropout = 0.1;   // of weights, of the hidden layer, and of each part before it is added
  FeedForward activation = FeedForward::relu;
  bool norm_first = false;  // x + f(norm(x)) instead of norm(x + f(x))
  double eps = 1e-5;        // of the norms
  bool bias = true;
  std::optional<Rotary> rotary = {};  // positions of self-attention
};

}  // namespace grus::nn
