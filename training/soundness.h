#pragma once
// Numbers are fit to be kept when all of them are finite.
#include <string>

#include "nn/module.h"

namespace grus::training {

/// Returns the name of the first tensor with a NaN or an infinity in it, or "", with one wait for the device.
std::string first_not_finite(const nn::NamedTensors& tensors);

}  // namespace grus::training
