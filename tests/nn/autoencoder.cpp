// Autoencoders of windows and their codes, against PyTorch's values and by their properties.
#include "nn/window_autoencoder.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/support/golden.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::difference;
using test::GoldenCase;
using test::message_of;

TEST_CASE("window autoencoder: values, divergence and gradients are PyTorch's") {
  int found = 0;
  for (const GoldenCase& c : test::golden_cases("autoencoders")) {
    ++found;
    CAPTURE(c.name);
    const bool variational = c.settings["variational"];
    WindowAutoencoder net({.columns = 2,
                           .hidden = 4,
                           .latent = 3,
                           .layers = c.settings["layers"],
                           .lstm = c.settings["lstm"],
                           .variational = variational});
    net.to(DType::f64);
    NamedTensors state;
    for (const auto& [name, tensor] : net.state_dict()) state.push_back({name, c.at(name)});
    net.load_state_dict(state);
    net.eval();  // the code is its mean
    Tape tape;
    const Rebuilt out = net(c.at("x"));
    CHECK(difference(out.y, c.at("y")) < 1e-12);
    REQUIRE(out.kl.defined() == variational);
    Tensor loss = sum(out.y * c.at("wy"));
    if (variational) {
      CHECK(difference(out.kl, c.at("kl")) < 1e-12);
      loss = loss + sum(out.kl * c.at("wkl"));
    }
    tape.backward(loss);
    for (const auto& [name, parameter] : net.named_parameters()) {
      CAPTURE(name);
      CHECK(difference(parameter.grad(), c.at("d/" + name)) < 1e-11);
    }
  }
  CHECK(found == 8);
}

TEST_CASE("gaussian latent: training draws codes about the mean, evaluation gives the mean") {
  Rng rng(3);
  GaussianLatent latent({.input = 2, .size = 1, .variational = true}, rng);
  latent.mean.bias.assign(Tensor::full({1}, 2));
  latent.log_variance->weight.assign(Tensor::zeros({1, 2}));
  latent.log_variance->bias.assign(Tensor::full({1}, std::log(0.25)));
  const Tensor h = Tensor::zeros({4000, 2});
  manual_seed(1);
  const std::vector<float> z = latent(h).z.to_vector<float>();
  double mean = 0, square = 0;
  for (const float x : z) mean += x / 4000, square += static_cast<double>(x) * x / 4000;
  CHECK(mean == doctest::Approx(2).epsilon(0.02));
  CHECK(square - mean * mean == doctest::Approx(0.25).epsilon(0.1));
  CHECK(difference(latent(h).kl.rows(0, 1), Tensor::full({1}, (4 + 0.25 - std::log(0.25) - 1) / 2)) < 1e-6);
  latent.eval();
  CHECK(difference(latent(h).z, Tensor::full({4000, 1}, 2)) == 0);
  GaussianLatent plain({.input = 2, .size = 1}, rng);
  CHECK_FALSE(plain(h).kl.defined());
}

TEST_CASE("autoencoders: sizes and shapes that do not fit are named") {
  CHECK(message_of([] { GaussianLatent({.input = 0, .size = 2}); }) ==
        "[GaussianLatent] need an input and a size of at least 1, got 0 and 2");
  CHECK(message_of([] { WindowAutoencoder({.columns = 0}); }) ==
        "[WindowAutoencoder] need columns, hidden, latent and layers of at least 1, got 0, 32, 8 and 1");
  const WindowAutoencoder net({.columns = 2});
  CHECK(message_of([&] {
          (void)net(Tensor::zeros({1, 4, 3}));
        }) == "[WindowAutoencoder] need x (B, L, 2) with L > 0, got (1, 4, 3)");
  const GaussianLatent latent({.input = 2, .size = 1});
  CHECK(message_of([&] { (void)latent(Tensor::zeros({1, 3})); }) == "[GaussianLatent] need h (B, 2), got (1, 3)");
}
