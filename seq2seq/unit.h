#pragma once
// The recurrent units that translators are made of.
#include <memory>

#include "nn/recurrent.h"
#include "ops/sequence/gru.h"
#include "seq2seq/options.h"

namespace grus::seq2seq {

/// Returns the number of gates in a unit's matrices, and of tensors in its state.
constexpr int64_t gates_of(Unit unit) { return unit == Unit::lstm ? 4 : 3; }
constexpr int64_t states_of(Unit unit) { return unit == Unit::lstm ? 2 : 1; }

/// Makes the cell that runs these weights; the form is that of gated units.
std::shared_ptr<const Cell> make_unit(Unit unit, const GruForm& form, const RecurrentWeights& weights);

struct UnitCellOptions {
  int64_t input, hidden;
  Unit unit = Unit::gru;
  GruForm form = {};       // for gated units
  double forget_bias = 0;  // for LSTMs
};

/// One step of either unit, with the parameters of GruCell and LstmCell.
class UnitCell : public nn::Module<UnitCell, nn::RecurrentCell> {
 public:
  explicit UnitCell(UnitCellOptions options, Rng& rng = default_rng());
  std::shared_ptr<const Cell> kept() const override { return make_unit(options.unit, options.form, weights); }

  UnitCellOptions options;
};

}  // namespace grus::seq2seq
