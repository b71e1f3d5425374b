// Reversible instance normalisation and the GRU over segments, against PyTorch's values and by their properties.
#include "nn/reversible_norm.h"
#include "nn/segment_gru.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "tests/support/golden.h"
#include "tests/support/tensors.h"

using namespace grus;
using namespace grus::nn;
using test::difference;
using test::GoldenCase;
using test::message_of;
using Decoder = SegmentGruOptions::Decoder;
using Center = ReversibleNormOptions::Center;

namespace {

SegmentGruOptions segment_options(const GoldenCase& c) {
  const bool full = c.settings["full"];
  return {.columns = 3,
          .window = 12,
          .horizon = 7,
          .segment = 4,
          .hidden = 6,
          .calendar = full ? 2 : 0,
          .known = full,
          .linear = full,
          .decoder = c.settings["direct"] ? Decoder::direct : Decoder::autoregressive,
          .norm = {.center = c.settings["last"] ? Center::last : Center::mean, .scale = c.settings["scale"]}};
}

}  // namespace

TEST_CASE("segment gru: values and gradients are PyTorch's, with and without calendar, mask and linear part") {
  int found = 0;
  for (const GoldenCase& c : test::golden_cases("forecast")) {
    ++found;
    CAPTURE(c.name);
    SegmentGru net(segment_options(c));
    net.to(DType::f64);
    NamedTensors state;
    for (const auto& [name, tensor] : net.state_dict()) state.push_back({name, c.at(name)});
    net.load_state_dict(state);
    const bool full = net.options.known;
    Tape tape;
    const Tensor y = net(c.at("past"), full ? c.at("calendar") : Tensor(), full ? c.at("known") : Tensor());
    CHECK(difference(y, c.at("y")) < 1e-10);
    tape.backward(sum(y * c.at("wy")));
    for (const auto& [name, parameter] : net.named_parameters()) {
      CAPTURE(name);
      CHECK(difference(parameter.grad(), c.at("d/" + name)) < 1e-9);
    }
  }
  CHECK(found == 16);
}

TEST_CASE("reversible norm: inverse gives back what forward took, and a column of one value stays finite") {
  for (const Center center : {Center::mean, Center::last}) {
    for (const bool scale : {false, true}) {
      const ReversibleNorm norm(2, {.center = center, .scale = scale});
      norm.weight.assign(Tensor::from({2.0f, 0.5f}, {2}));
      norm.bias.assign(Tensor::from({1.0f, -3.0f}, {2}));
      const Tensor x = test::normal({3, 5, 2}, 1);
      const Normed normed = norm(x);
      CHECK(difference(norm.inverse(normed.x, normed), x) < 1e-5);
      const Tensor flat = Tensor::full({1, 5, 2}, 7);
      const Normed of_flat = norm(flat);
      CHECK(difference(norm.inverse(of_flat.x, of_flat), flat) < 1e-5);
    }
  }
}

TEST_CASE(
    "reversible norm: a window that is shifted and stretched gives the same numbers, shifted and stretched back") {
  const ReversibleNorm norm(2, {.affine = false});
  const Tensor x = test::normal({2, 8, 2}, 2), moved = x * 50 + 1000;
  const Normed a = norm(x), b = norm(moved);
  CHECK(difference(a.x, b.x) < 1e-3);
  CHECK(difference(norm.inverse(a.x, a) * 50 + 1000, norm.inverse(b.x, b)) < 1e-3);
  CHECK(norm.named_parameters().empty());
}

TEST_CASE("segment gru: with a linear part it begins as that part alone") {
  SegmentGru net({.columns = 2,
                  .window = 8,
                  .horizon = 3,
                  .segment = 4,
                  .hidden = 4,
                  .linear = true,
                  .norm = {.center = Center::last, .scale = false}});
  net.eval();
  const Tensor x = test::normal({2, 8, 2}, 3), last = slice(x, 1, 7);
  const Tensor line = (*net.linear_part)((x - last).transpose(1, 2)).transpose(1, 2) + last;
  CHECK(difference(net(x), line) < 1e-6);
}

TEST_CASE("segment gru: a clone is equal and of its own") {
  SegmentGru net({.columns = 2, .window = 8, .horizon = 3, .segment = 2, .hidden = 4, .calendar = 2, .linear = true});
  const SegmentGru copy = net.clone();
  const Tensor x = test::normal({2, 8, 2}, 4), dates = test::normal({2, 11, 2}, 5);
  CHECK(difference(net(x, dates), copy(x, dates)) == 0);
  net.calendar_embed->weight.assign(Tensor::zeros({4, 2}));
  net.linear_part->weight.assign(Tensor::zeros({3, 8}));
  CHECK(difference(net(x, dates), copy(x, dates)) > 0);
}

TEST_CASE("segment gru: sizes and inputs that do not fit are told") {
  const auto made = [](SegmentGruOptions o) { return message_of([&] { const SegmentGru net(o); }); };
  CHECK(made({.columns = 1, .window = 10, .horizon = 1, .segment = 4}) ==
        "[SegmentGru] need a segment that divides the window of 10, got 4");
  CHECK(made({.columns = 0, .window = 10, .horizon = 1}).find("[SegmentGru] need columns, a window") == 0);
  const SegmentGru net({.columns = 2, .window = 8, .horizon = 3, .segment = 4, .hidden = 4});
  CHECK(message_of([&] {
          (void)net(test::normal({1, 7, 2}, 1));
        }) == "[SegmentGru] need a past (B, 8, 2), got (1, 7, 2)");
  CHECK(message_of([&] {
          (void)net(test::normal({1, 8, 2}, 1), test::normal({1, 11, 2}, 1));
        }).find("[SegmentGru] need a calendar") == 0);
  CHECK(message_of([&] { const ReversibleNorm norm(0); }) == "[ReversibleNorm] need columns of at least 1, got 0");
  CHECK(message_of([&] {
          (void)ReversibleNorm(2)(test::normal({1, 8, 3}, 1));
        }) == "[ReversibleNorm] need x (B, T, 2) with T > 0, got (1, 8, 3)");
}
