#pragma once
// A model of rounding: how far two runs of one program may be apart.
#include <optional>
#include <string>
#include <vector>

#include "tests/random/run.h"

namespace grus::test {

using Pieces = std::vector<Piece>;

/// Scale is what noise of size 1 would change in a piece, and its largest number; `around` is that of all pieces of its
/// order, and at least 1.
struct Scale {
  double size = 0, spread = 0, around = 1;
};

/// Measures scales by runs on the reference with noise of two sizes. Returns nothing when the program stands at a kink,
/// where no tolerance is honest: small noise then does as much as large.
std::optional<std::vector<Scale>> scales_of(const Program& program, const Pieces& exact, int order);

/// eps is half a unit in the last place at 1. `factor` roundings in every place are allowed, and a few of what is
/// around a small number, such as 1 - y y of a saturated tanh.
struct Rounding {
  double eps, factor;
  double allowed(const Scale& scale) const { return eps * (factor * (scale.spread + scale.size) + 64 * scale.around); }
};
inline Rounding rounding_of(DType dtype) { return {dtype == DType::f32 ? 0x1p-24 : 0x1p-53, 256}; }

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
