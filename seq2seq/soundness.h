#pragma once
// Whether numbers are fit to be kept.
#include <string>

#include "nn/module.h"

namespace grus::seq2seq {

/// The name of the first tensor with a NaN or an infinity in it, or "". One wait for the device.
std::string first_not_finite(const nn::NamedTensors& tensors);

}  // namespace grus::seq2seq
