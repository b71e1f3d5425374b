// Layers of either unit.
#include <fmt/format.h>

#include "nn/gru.h"
#include "nn/init.h"
#include "nn/lstm.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "seq2seq/encoder_decoder.h"

namespace grus::seq2seq {

namespace init = nn::init;

GatedLayers::GatedLayers(GatedLayersOptions given, Rng& rng)
    : Module("GatedLayers", gates_of(given.unit), true,
             nn::RecurrentOptions{.input = given.input,
                                  .hidden = given.hidden,
                                  .layers = given.layers,
                                  .dropout = given.layers > 1 || given.upper ? given.dropout : 0,
                                  .locked_dropout = given.locked,
                                  .bidirectional = given.bidirectional,
                                  .residual = given.residual,
                                  .upper = given.upper},
             rng),
      options(given) {
  require<UsageError>(given.context == 0 || !(given.bidirectional || given.residual || given.upper),
                      "[GatedLayers] need layers in one direction without residual connections for a context, got {}",
                      given.context);
  if (options.unit == Unit::gru) set_convention(nn::convention_of(options.form));
  for (int64_t l = 0; l < options.layers; ++l) {
    for (int direction = 0; direction < directions() && options.unit == Unit::lstm; ++direction)
      nn::add_forget_bias(cell(l, direction), options.forget_bias, "GatedLayers");
    if (options.context > 0)
      context_weights.push_back(
          param(fmt::format("weight_ch_l{}", l),
                init::uniform_fan_in({gates_of(options.unit) * options.hidden, options.context}, rng)));
  }
}

std::vector<Tensor> GatedLayers::context_gates(const Tensor& c) const {
  std::vector<Tensor> gates;
  for (const nn::Parameter& weight : context_weights) gates.push_back(linear(c, weight, Tensor()));
  return gates;
}

namespace {

/// A unit whose gates also receive a vector of the sequence that the row belongs to.
class WithContext final : public grus::Cell {
 public:
  WithContext(const GatedLayersOptions& options, const nn::CellParameters& cell, Tensor gates, Tensor owners)
      : parameters_(cell),
        gates_(std::move(gates)),
        owners_(std::move(owners)),
        unit_(make_unit(options.unit, options.form, {{}, parameters_.weight_hh, {}, parameters_.bias_hh})) {}

  std::vector<int64_t> sizes() const override { return unit_->sizes(); }
  Tensor project(const Tensor& x) const override {
    return linear(x, parameters_.weight_ih, parameters_.bias_ih) + gather_rows(gates_, owners_);
  }
  Output step(const Tensor& x, const State& state) const override { return unit_->step(x, state); }
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first,
                              bool reverse) const override {
    return scan(*unit_, project(x), lengths, first, {.reverse = reverse});
  }
  const char* name() const override { return unit_->name(); }

 private:
  const RecurrentWeights parameters_;
  const Tensor gates_, owners_;
  const std::shared_ptr<const grus::Cell> unit_;
};

}  // namespace

std::shared_ptr<const grus::Cell> GatedLayers::made_of(const RecurrentWeights& given) const {
  return make_unit(options.unit, options.form, given);
}

Output GatedLayers::forward(const Tensor& x, const Lengths& lengths, const State& first,
                            const std::vector<Tensor>& context_gates, const Tensor& owners) const {
  require<UsageError>(context_gates.size() == context_weights.size(),
                      "[GatedLayers] need the context's gates for {} layers, got {}", context_weights.size(),
                      context_gates.size());
  for (const Tensor& gates : context_gates) {
    require_same_kind("GatedLayers", x, gates);
    require(gates.rank() == 2 && gates.dim(1) == gates_of(options.unit) * options.hidden,
            "[GatedLayers] need context's gates (B, {}), got {}", gates_of(options.unit) * options.hidden,
            gates.shape());
  }
  require<UsageError>(context_gates.empty() || owners.defined(), "[GatedLayers] need owners of rows, got none");
  require(context_gates.empty() || owners.shape() == Shape{lengths.total()},
          "[GatedLayers] need an owner of each of {} rows, got {}", lengths.total(), owners.shape());
  if (context_gates.empty()) return run_packed(x, lengths, first, cells());
  Cells with_context;
  for (size_t l = 0; l < context_gates.size(); ++l)
    with_context.push_back(
        std::make_shared<WithContext>(options, cell(static_cast<int64_t>(l)), context_gates[l], owners));
  return run_packed(x, lengths, first, with_context);
}

}  // namespace grus::seq2seq
