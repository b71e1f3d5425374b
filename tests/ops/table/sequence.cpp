// Conversions between padded and packed rows.
#include "ops/sequence/sequence.h"

#include "tests/ops/table/row.h"
#include "tests/support/tensors.h"

namespace grus::test {
namespace {

Lengths ragged(Device d, int64_t steps = -1) { return Lengths({2, 1, 3}, steps, d); }

}  // namespace

std::vector<Row> sequence_rows() {
  // Sequences a (2 steps), b (1), c (3) are packed as c0 a0 b0 | c1 a1 | c2.
  const Input padded = given({3, 3}, {1, 2, 3, 4, 0, 6, 0, 0, 9}), packed = given({6}, {3, 1, 2, 6, 4, 9});
  return {
      {"pack",
       "y[n] = x[t, b] at the real places",
       every_dtype,
       2,
       {{"(T, B, 2)", {{{3, 3, 2}}}, [](const Tensor& x) { return pack(x, ragged(x.device())); }},
        {"more steps than the longest", {{{5, 3, 2}}}, [](const Tensor& x) { return pack(x, ragged(x.device(), 5)); }},
        {"dense", {{{2, 3}}}, [](const Tensor& x) { return pack(x, Lengths::dense(2, 3, x.device())); }},
        {"by hand",
         {padded},
         [](const Tensor& x) { return pack(x, ragged(x.device())); },
         {{{6}, {3, 1, 2, 6, 4, 9}}}}},
       {{[](Device d) {
           pack(Tensor::zeros({2, 3}, DType::f64, d), ragged(d));
         },
         "[pack] need x (T >= 3, B = 3, ...), got (2, 3)"}}},
      {"unpack",
       "y[t, b] = packed[n], zeros at padded places",
       numbers,
       2,
       {{"(N, 2)", {{{6, 2}}}, [](const Tensor& x) { return unpack(x, ragged(x.device())); }},
        {"more steps than the longest", {{{6, 2}}}, [](const Tensor& x) { return unpack(x, ragged(x.device(), 5)); }},
        {"by hand",
         {packed},
         [](const Tensor& x) { return unpack(x, ragged(x.device())); },
         {{{3, 3}, {1, 2, 3, 4, 0, 6, 0, 0, 9}}}}},
       {{[](Device d) {
           unpack(Tensor::zeros({5, 2}, DType::f64, d), ragged(d));
         },
         "[unpack] need packed rows (N = 6, ...), got (5, 2)"}}},
  };
}

}  // namespace grus::test
