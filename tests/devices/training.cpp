// One training on every device: how far losses may drift apart, and what is saved on one and loaded on another.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>

#include "nn/serialize.h"
#include "tests/data/files.h"
#include "tests/devices/translator.h"
#include "tests/support/devices.h"

using namespace grus;
using namespace grus::test;

TEST_CASE("devices: a training with dropout has the reference's losses, to 1e-4 at first and 1e-2 after 50 steps") {
  const std::vector<double> expected = losses_on(every_device().front(), 50);
  CHECK(expected.back() < 0.8 * expected.front());  // it learns
  for (const Device& device : every_device()) {
    if (device == every_device().front()) continue;
    const std::vector<double> losses = losses_on(device, 50);
    for (const auto& [step, tolerance] : {std::pair<size_t, double>{1, 1e-4}, {10, 1e-3}, {50, 1e-2}}) {
      const double distance = std::abs(losses[step - 1] - expected[step - 1]) / expected[step - 1];
      CHECK_MESSAGE(distance < tolerance, fmt::format("step {} on {}: {}", step, device, losses[step - 1]));
    }
    CHECK_MESSAGE(losses_on(device, 5) == std::vector<double>(losses.begin(), losses.begin() + 5),
                  fmt::format("the same bits again on {}", device));
  }
}

TEST_CASE("devices: what one device saves, weights and optimizer, goes on on any other with the same loss") {
  const Folder folder;
  const std::string weights = folder.path("weights"), state = folder.path("state");
  const auto batch = [] { return sentences(5, 6, 1); };
  for (const Device& from : every_device()) {
    double judged = 0, next = 0;
    RandomKey key{};
    {
      const OnDevice here(from);
      Training training;
      for (int step = 0; step < 3; ++step) training.step(batch());
      nn::save_weights(weights, training.model);
      nn::write_safetensors(state, training.adam.state());
      key = default_rng().state();
      judged = training.judge(batch());
      training.step(batch());
      next = training.step(batch()).item();
    }
    for (const Device& to : every_device()) {
      const OnDevice here(to);
      Training training;
      nn::load_weights(weights, training.model);
      training.adam.load_state(nn::read_safetensors(state).tensors);
      default_rng().set_state(key);
      const std::string what = fmt::format("from {} to {}", from, to);
      CHECK_MESSAGE(training.judge(batch()) == doctest::Approx(judged).epsilon(1e-5), what);
      training.step(batch());
      CHECK_MESSAGE(training.step(batch()).item() == doctest::Approx(next).epsilon(1e-4), what);
    }
  }
}

TEST_CASE("devices: a model moves between devices and says the same") {
  for (const Device& device : every_device()) {
    const OnDevice here(every_device().front());
    Training training;
    const double before = training.judge(sentences(4, 5, 2));
    training.model.to(device);
    const OnDevice there(device);
    CHECK_MESSAGE(training.judge(sentences(4, 5, 2)) == doctest::Approx(before).epsilon(1e-5), device.name());
  }
}
