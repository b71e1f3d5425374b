// Ten Adam steps of a whole attention translator, with ragged sources and targets, clipping, label smoothing and a tied
// embedding, against PyTorch: every loss, every gradient norm and the last weights.
#include "nn/embedding.h"
#include "nn/gru.h"
#include "nn/linear.h"
#include "ops/loss/linear_cross_entropy.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/sequence/attention_gru.h"
#include "ops/sequence/sequence.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "tests/support/golden.h"

using namespace grus;
using namespace grus::nn;
using test::difference;
using test::GoldenCase;

namespace {

class Translator : public Module<Translator> {
 public:
  Translator(int64_t V, int64_t E, int64_t H, int64_t A, Rng& rng = default_rng())
      : embedding(child("embedding", Embedding({.count = V, .width = E}, rng))),
        encoder(child("encoder", Gru({.input = E, .hidden = H / 2, .bidirectional = true}, rng))),
        initial(child("initial", Linear(H, H, rng))),
        first(child("first", GruCell({.input = E, .hidden = H}, rng))),
        second(child("second", GruCell({.input = H, .hidden = H}, rng))),
        query(child("query", Linear(H, A, rng))),
        key(child("key", Linear(H, A, rng, {.bias = false}))),
        readout(child("readout", Linear(2 * H + E, E, rng))),
        v(param("v", Tensor::zeros({A}))),
        output_bias(param("output_bias", Tensor::zeros({V}))) {}

  /// Returns the mean loss of a target token from source (S, B), inputs and target (T, B).
  Tensor forward(const Tensor& source, const Lengths& lengths, const Tensor& inputs, const Tensor& target,
                 const Lengths& target_lengths, double smoothing) const {
    const Tensor states = encoder.forward_packed(embedding(pack(source, lengths)), lengths).y;  // (N, H)
    const Tensor count = cast(lengths.lengths_tensor(), states.dtype()).reshape({-1, 1});
    const Tensor start = tanh(initial(scatter_rows(states, lengths.batch_rows(), lengths.batch()) / count));
    const Tensor words = embedding(pack(inputs, target_lengths));
    const Output decoded = attention_gru(words, target_lengths, start, {key(states), states, lengths},
                                         {first.weights, second.weights, query.weight, query.bias, v, {}});
    const Tensor read = tanh(readout(concat({decoded.y, words, decoded.attention.context}, 1)));
    return linear_cross_entropy(read, embedding.weight, output_bias, cast(pack(target, target_lengths), DType::i32),
                                {.label_smoothing = smoothing})
        .loss;
  }

  Embedding embedding;
  Gru encoder;
  Linear initial;
  GruCell first, second;
  Linear query, key, readout;
  Parameter v, output_bias;
};

void check_ten_steps(const GoldenCase& c, DType dtype, double tolerance) {
  const auto& s = c.settings;
  Translator model(s["V"], s["E"], s["H"], s["A"]);
  model.to(dtype);
  const Parameters parameters = model.named_parameters();
  for (const auto& [name, parameter] : parameters) parameter.assign(c.at("start/" + name, dtype));
  const Lengths lengths(s["lengths"].get<std::vector<int64_t>>());
  const Lengths target_lengths(s["target_lengths"].get<std::vector<int64_t>>());
  optim::Adam adam(parameters, {.lr = s["lr"], .beta1 = s["betas"][0], .beta2 = s["betas"][1], .eps = s["eps"]});
  const Tensor losses = c.at("losses"), norms = c.at("norms");
  for (int64_t step = 0; step < losses.dim(0); ++step) {
    CAPTURE(step);
    Tape tape;
    const Tensor loss = model(c.at("source"), lengths, c.at("inputs"), c.at("target"), target_lengths,
                              s["label_smoothing"].get<double>());
    tape.backward(loss);
    const optim::ClipResult clip = optim::clip_scale(parameters, s["clip"]);
    adam.step(clip.scale);
    adam.zero_grad();
    CHECK(difference(loss, losses[step]) < tolerance);
    CHECK(clip.norm == doctest::Approx(norms[step].item()).epsilon(tolerance));
  }
  for (const NamedParameter& p : parameters) {
    CAPTURE(p.name);
    CHECK(difference(p.parameter.value(), c.at("end/" + p.name)) < 10 * tolerance);
  }
}

}  // namespace

TEST_CASE("golden: ten Adam steps of a whole translator equal PyTorch's, losses, norms and weights") {
  for (const GoldenCase& c : test::golden_cases("translator")) {
    check_ten_steps(c, DType::f64, 1e-9);
    check_ten_steps(c, DType::f32, 3e-5);
  }
}
