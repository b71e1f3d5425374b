#pragma once
// A model of rounding: how far two runs of one program may be apart.
#include <optional>
#include <string>
#include <vector>

#include "tests/random/run.h"

namespace grus::test {

using Pieces = std::vector<Piece>;

struct Scale {
  double size = 0;    // the largest number of a piece
  double spread = 0;  // what noise of size 1 would change in it
  double around = 1;  // the largest number of all pieces of its order, and at least 1
  double lost =
      0;  // the reference's own error in f32, in roundings: what cancels within an op is not seen from outside
};

/// Measures scales by runs on the reference with noise of two sizes. Returns nothing when the program stands at a kink,
/// where no tolerance is honest: small noise then does as much as large.
std::optional<std::vector<Scale>> scales_of(const Program& program, const Pieces& exact, int order);

/// eps is half a unit in the last place at 1. `factor` roundings are allowed in every place and of what is around a
/// small number (1 - y y of a saturated tanh), and a few times what the reference loses itself. f64 has room for more.
struct Rounding {
  double eps, factor;
  double allowed(const Scale& s) const { return eps * (factor * (s.spread + s.size + s.around) + 8 * s.lost); }
};
inline Rounding rounding_of(DType dtype) {
  return dtype == DType::f32 ? Rounding{0x1p-24, 64} : Rounding{0x1p-53, 1024};
}

/// Sets what the reference loses, from its run in f32. Returns false when that is so much that f32 says nothing of the
/// program.
bool measure_loss(std::vector<Scale>& scales, const Pieces& narrow, const Pieces& exact);

/// Returns "" or the worst piece; `share` becomes its error as a share of what is allowed.
std::string difference(const Pieces& got, const Pieces& exact, const std::vector<Scale>& scales, Rounding rounding,
                       double& share);
/// Returns "" or the result that is on the tape of one run alone.
std::string tape_difference(const Pieces& got, const Pieces& exact);
bool same_bits(const Pieces& a, const Pieces& b);

/// Returns "" or how gradients (order 1) or gradients of gradients (order 2) differ from what differences of values
/// measure; `measured` says whether they could be measured, away from kinks.
std::string slope_difference(const Program& program, const Pieces& exact, const std::vector<Scale>& scales, int order,
                             bool& measured);

}  // namespace grus::test
