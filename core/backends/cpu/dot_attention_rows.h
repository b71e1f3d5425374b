#pragma once
// Rows of scores, as the tiles of dot-product attention want them, vector by vector.
#include <cstdint>

namespace grus::cpu {

float largest_score(const float* x, int64_t count);
/// x = exp(x - shift). Returns the sum.
float exp_row(float* x, int64_t count, float shift);
/// y = factor x, each element times that of `each` where it is not null.
void scale_row(float* y, const float* x, int64_t count, float factor, const float* each);
/// x += y
void add_to_row(float* x, const float* y, int64_t count);
float dot_of_rows(const float* a, const float* b, int64_t count);

/// What the gradient of a query's scores depends on; `keep`, the factors of dropout, may be null.
struct RowSlope {
  float lse, mean, scale;
  const float* keep;
};
/// p holds scores on entry: p = exp(p - lse), dp = scale p (keep dp - mean), then p = keep p.
void slope_row(float* p, float* dp, int64_t count, const RowSlope& by);

}  // namespace grus::cpu
