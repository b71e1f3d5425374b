// A model moves to a device in the middle of its training, with what an optimizer and an average keep of it.
#include <doctest/doctest.h>

#include "nn/linear.h"
#include "ops/math/elementwise.h"
#include "ops/math/reduce.h"
#include "optim/adam.h"
#include "optim/average.h"
#include "optim/clip.h"
#include "tests/support/devices.h"

using namespace grus;

namespace {

/// Returns the weights, then the averages, after six steps that begin on the cpu and go on on `device`.
std::vector<float> trained(Device device) {
  Rng rng(3);
  nn::Linear model(3, 2, rng, {.bias = false});
  model.to(Device("cpu"));
  optim::Adam adam(model.named_parameters(), {.lr = 0.1});
  optim::ExponentialMovingAverage average(model.named_parameters(), {.decay = 0.5});
  adam.attach(&average);
  for (int t = 0; t < 6; ++t) {
    if (t == 3) model.to(device);
    const Tensor x = Tensor::full({4, 3}, 1 + t % 3, DType::f32, model.weight.value().device());
    adam.zero_grad();
    Tape tape;
    tape.backward(sum(tanh(model(x))));
    adam.step(optim::clip_scale(optim::grad_norm(model.named_parameters()), 1.0));
  }
  std::vector<float> all = model.weight.value().to_vector<float>();
  const optim::SwapIn averaged(average);
  const std::vector<float> averages = model.weight.value().to_vector<float>();
  all.insert(all.end(), averages.begin(), averages.end());
  return all;
}

}  // namespace

TEST_CASE("devices: moments and averages follow a model that moves in the middle of its training") {
  const std::vector<float> stayed = trained(Device("cpu"));
  for (const Device& device : test::every_device()) {
    CAPTURE(device.name());
    const std::vector<float> moved = trained(device);
    for (size_t i = 0; i < stayed.size(); ++i) CHECK(moved[i] == doctest::Approx(stayed[i]).epsilon(1e-4));
  }
}
