// Measures what the library itself costs where tensors are tiny: the work and keys of torch_small.py and
// the step of 02_tape, on one thread.
//   ./dev bench small [--rounds 5 --only chain|tape|mlp|chargru]
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/base/threads.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "ops/loss/loss.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/bench/measure.h"

using namespace grus;
using namespace grus::bench;

namespace {

/// Returns seconds a call: the median of some rounds of n calls, after one call that is not timed.
template <class F>
double seconds_each(F&& f, int rounds, int n) {
  f();
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const double start = seconds();
    for (int i = 0; i < n; ++i) f();
    times.push_back((seconds() - start) / n);
  }
  return median(times);
}

std::vector<int32_t> some_ids(int64_t n, int64_t classes) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(static_cast<int32_t>(i * 7919 % 997 % classes));
  return ids;
}

/// Times 1,000 recorded additions of one element each, and backward; returns the seconds for one of them.
double chain(int rounds) {
  constexpr int length = 1000;
  const Ref<Leaf> x = Leaf::create(Tensor::ones({1}, DType::f32));
  const auto step = [&] {
    x->zero_grad();
    Tape tape;
    Tensor y = x->tensor();
    for (int i = 0; i < length; ++i) y = y + x->tensor();
    tape.backward(y);
  };
  return seconds_each(step, rounds, 20) / length;
}

/// Returns what the record of one addition costs: the chain forward with a tape, less the chain without one.
double one_record(int rounds) {
  constexpr int length = 1000;
  const Ref<Leaf> x = Leaf::create(Tensor::ones({1}, DType::f32));
  const auto forward = [&] {
    Tensor y = x->tensor();
    for (int i = 0; i < length; ++i) y = y + x->tensor();
  };
  const double recorded = seconds_each(
      [&] {
        Tape tape;
        forward();
      },
      rounds, 20);
  return (recorded - seconds_each(forward, rounds, 20)) / length;
}

/// Times the step of examples/tutorial/02_tape: h = tanh(w1 x), loss = (w2 h - t)^2 on numbers, and both derivatives.
double tape_step(int rounds) {
  const Ref<Leaf> w1 = Leaf::create(Tensor::full({}, 0.8)), w2 = Leaf::create(Tensor::full({}, -1.5));
  const auto step = [&] {
    w1->zero_grad();
    w2->zero_grad();
    Tape tape;
    const Tensor h = tanh(w1->tensor() * 0.5);
    tape.backward(square(w2->tensor() * h - 2));
  };
  return seconds_each(step, rounds, 2000);
}

/// Times x (32, 64) -> tanh(64 -> 64) -> 10, cross-entropy, backward, SGD.
double mlp(int rounds) {
  Rng rng(1);
  nn::Linear first(64, 64, rng), second(64, 10, rng);
  optim::Sgd sgd({{"first.weight", first.weight},
                  {"first.bias", first.bias},
                  {"second.weight", second.weight},
                  {"second.bias", second.bias}});
  const Tensor a = random_normal({32, 64}, 0, 1, rng), b = Tensor::from(some_ids(32, 10));
  const auto step = [&] {
    sgd.zero_grad();
    Tape tape;
    tape.backward(cross_entropy(second(tanh(first(a))), b));
    sgd.step();
  };
  return seconds_each(step, rounds, 300);
}

/// A character model: embedding 32, a GRU of 64 written with plain ops, T 32, B 8, vocabulary 64, cross-entropy,
/// backward, Adam.
class CharGru : public nn::Module<CharGru> {
 public:
  explicit CharGru(Rng& rng)
      : embedding(child("emb", nn::Embedding({.count = 64, .width = 32}, rng))),
        input(child("i", nn::Linear(32, 192, rng))),
        state(child("h", nn::Linear(64, 192, rng))),
        output(child("out", nn::Linear(64, 64, rng))) {}
  Tensor forward(const Tensor& tokens) const {
    const Tensor g = input(embedding(tokens));
    Tensor h = Tensor::zeros({tokens.dim(1), 64}, DType::f32);
    std::vector<Tensor> states;
    for (int64_t t = 0; t < tokens.dim(0); ++t) {
      const std::vector<Tensor> i = chunk(g[t], 3, 1), u = chunk(state(h), 3, 1);
      const Tensor r = sigmoid(i[0] + u[0]), z = sigmoid(i[1] + u[1]), n = tanh(i[2] + r * u[2]);
      h = n + z * (h - n);
      states.push_back(h);
    }
    return output(stack(states));
  }
  nn::Embedding embedding;
  nn::Linear input, state, output;
};

double chargru(int rounds) {
  Rng rng(1);
  CharGru net(rng);
  optim::Adam adam(net.named_parameters());
  const Tensor tokens = Tensor::from(some_ids(33 * 8, 64)).reshape({33, 8});
  const Tensor inputs = tokens.rows(0, 32), targets = tokens.rows(1, 33).reshape({32 * 8});
  const auto step = [&] {
    adam.zero_grad();
    Tape tape;
    tape.backward(cross_entropy(net(inputs).reshape({32 * 8, 64}), targets));
    adam.step();
  };
  return seconds_each(step, rounds, 30);
}

}  // namespace

int main(int argc, char** argv) try {
  int rounds = 5;
  std::string only;
  CLI::App app("What the library costs where tensors are tiny");
  app.add_option("--rounds", rounds)->check(CLI::PositiveNumber);
  app.add_option("--only", only, "one of the four")->check(CLI::IsMember({"chain", "tape", "mlp", "chargru"}));
  CLI11_PARSE(app, argc, argv);
  set_num_threads(1);
  nlohmann::ordered_json line{{"program", "grus"}, {"machine", machine()}, {"threads", 1}};
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (wanted("chain")) line["chain_ns_per_op"] = chain(rounds) * 1e9;
  if (wanted("chain")) line["record_ns"] = one_record(rounds) * 1e9;
  if (wanted("tape")) line["tape_us_per_step"] = tape_step(rounds) * 1e6;
  if (wanted("mlp")) line["mlp_us_per_step"] = mlp(rounds) * 1e6;
  if (wanted("chargru")) line["chargru_us_per_step"] = chargru(rounds) * 1e6;
  fmt::print("{}\n", line.dump());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench small: {}\n", error.what());
  return 1;
}
