#include "seq2seq/unit.h"

#include "nn/gru.h"
#include "nn/lstm.h"

namespace grus::seq2seq {

std::shared_ptr<const Cell> make_unit(Unit unit, const GruForm& form, const RecurrentWeights& weights) {
  if (unit == Unit::lstm) return std::make_shared<cells::Lstm>(weights);
  return std::make_shared<cells::Gru>(weights, form);
}

UnitCell::UnitCell(UnitCellOptions given, Rng& rng)
    : Module("UnitCell", gates_of(given.unit), given.input, given.hidden, true, rng), options(given) {
  if (options.unit == Unit::gru) set_convention(nn::convention_of(options.form));
  else nn::add_forget_bias(weights, options.forget_bias, "UnitCell");
}

}  // namespace grus::seq2seq
