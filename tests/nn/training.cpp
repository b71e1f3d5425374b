// Ways to train that need no code of ours, and must work: freezing, adding up gradients, time cut into chunks.
#include <doctest/doctest.h>

#include "core/tape/tape.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/shape.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;

namespace {

class Model : public Module<Model> {
 public:
  explicit Model(Rng& rng)
      : encoder(child("encoder", Gru({.input = 3, .hidden = 4}, rng))), output(child("output", Linear(4, 1, rng))) {
    to(DType::f64);
  }
  Tensor forward(const Tensor& x) const { return output(encoder(x).state.h[0]); }
  Gru encoder;
  Linear output;
};

/// Returns the gradients of every parameter as numbers, by name, empty where there is none, and clears them.
std::vector<std::pair<std::string, std::vector<double>>> take_gradients(Model& model) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  for (const auto& [name, p] : model.named_parameters())
    all.emplace_back(name, p.grad().defined() ? p.grad().to_vector<double>() : std::vector<double>{});
  model.zero_grad();
  return all;
}

void backward(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::mean) {
  Tape::active()->backward(mse_loss(prediction, target, reduction));
}

}  // namespace

TEST_CASE("training: frozen parameters get no gradient, and the others the same as before") {
  Rng rng(1);
  Model model(rng);
  const Tensor x = test::normal({5, 2, 3}, 2, DType::f64), target = test::normal({2, 1}, 3, DType::f64);
  const auto run = [&] {
    Tape tape;
    backward(model(x), target);
    return take_gradients(model);
  };
  const auto all = run();
  model.freeze("encoder.*_hh_*");
  const auto some = run();
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].second.size() > 0);
    const bool frozen = all[i].first.find("_hh_") != std::string::npos;
    CHECK(some[i].second == (frozen ? std::vector<double>{} : all[i].second));
  }
  model.set_requires_grad(true);
  CHECK(run() == all);
}

TEST_CASE("training: gradients of several tapes add up to that of the whole batch") {
  Rng rng(1);
  Model model(rng);
  const Tensor x = test::normal({5, 4, 3}, 2, DType::f64), target = test::normal({4, 1}, 3, DType::f64);
  {
    Tape tape;
    backward(model(x), target, Reduction::sum);
  }
  const auto whole = take_gradients(model);
  for (int64_t b = 0; b < 4; ++b) {
    Tape tape;
    backward(model(slice(x, 1, b, b + 1)), target.rows(b, b + 1), Reduction::sum);
  }
  const auto parts = take_gradients(model);
  for (size_t i = 0; i < whole.size(); ++i)
    for (size_t j = 0; j < whole[i].second.size(); ++j)
      CHECK(parts[i].second[j] == doctest::Approx(whole[i].second[j]).epsilon(1e-10));
}

TEST_CASE("training: a detached state carries its value into the next chunk and no gradient out of it") {
  Rng rng(1);
  Model model(rng);
  const Tensor x = test::normal({6, 2, 3}, 2, DType::f64), target = test::normal({2, 1}, 3, DType::f64);
  const Tensor whole = model.encoder(x).state.h;
  State state;
  {
    Tape tape;
    state = model.encoder(x.rows(0, 3)).state.detach();
    const Output second = model.encoder(x.rows(3, 6), state);
    for (size_t i = 0; i < 8; ++i)
      CHECK(second.state.h.to_vector<double>()[i] == doctest::Approx(whole.to_vector<double>()[i]).epsilon(1e-12));
    backward(model.output(second.state.h[0]), target);
  }
  const auto cut = take_gradients(model);
  {
    Tape tape;  // the first chunk does not exist for this one
    backward(model.output(model.encoder(x.rows(3, 6), state).state.h[0]), target);
  }
  CHECK(take_gradients(model) == cut);
  {
    Tape tape;
    backward(model(x), target);
  }
  CHECK(take_gradients(model) != cut);
}

TEST_CASE("training: under NoGrad a model records nothing, even inside a tape") {
  Rng rng(1);
  Model model(rng);
  Tape tape;
  {
    const NoGrad off;
    model(test::normal({5, 2, 3}, 2, DType::f64));
  }
  CHECK(tape.size() == 0);
  model(test::normal({5, 2, 3}, 2, DType::f64));
  CHECK(tape.size() > 0);
}
