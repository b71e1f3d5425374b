#include "nn/gru.h"

#include <fmt/format.h>

namespace grus::nn {

std::string convention_of(GruForm form) {
  return fmt::format("gates r z n, reset {}, update {}", form.reset == Reset::after ? "after" : "before",
                     form.update == Update::keep ? "keep" : "replace");
}

Gru::Gru(GruOptions given, Rng& rng)
    : Module("Gru", 3, given.bias, layers_of(given), rng, given.weight_drop), options(given) {
  set_convention(convention_of({given.reset, given.update}));
}

std::shared_ptr<const grus::Cell> Gru::made_of(const RecurrentWeights& given) const {
  return std::make_shared<cells::Gru>(given, GruForm{options.reset, options.update});
}

GruCell::GruCell(GruCellOptions given, Rng& rng)
    : Module("GruCell", 3, given.input, given.hidden, given.bias, rng), options(given) {
  set_convention(convention_of(form()));
}

Tensor GruCell::forward(const Tensor& x, const Tensor& h) const {
  require_input(x);
  require_state("h", h, x);
  if (x.rank() == 1) return forward(x.reshape({1, -1}), h.defined() ? h.reshape({1, -1}) : h).reshape({-1});
  return gru_cell(x, state_or_zeros(h, x), weights, form());
}

}  // namespace grus::nn
