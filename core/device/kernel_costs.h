#pragma once
// Costs of kernel calls, in floating point operations and in bytes moved as the call asks for them: one function an
// entry, made from the formulas of core/device/kernels.def.
#include "core/device/kernels.h"

namespace grus {

/// Whether an entry may be null, and what then: ops compose it (hosted: devices that are no host leave it null;
/// launched: the host does), or do without.
enum class Need { required, composed, hosted, launched, spared };

struct KernelCost {
  double flops = 0, bytes = 0;
  DType dtype = DType::f32;
  int variant = -1;
};

// This namespace holds the functions that the formulas use.
namespace kernel_cost_words {

struct NoVariant {};
inline constexpr NoVariant no_variant;
constexpr int number_of(NoVariant) { return -1; }
constexpr int number_of(auto variant) { return static_cast<int>(variant); }

constexpr double number(auto count) { return static_cast<double>(count); }

inline double elements(const View& x) {
  double count = 1;
  for (int i = 0; i < x.rank; ++i) count *= number(x.dims[i]);
  return count;
}
inline double elements(const Matrix& x) { return x.buffer ? number(x.rows) * number(x.cols) : 0; }

/// Counts each element once, also one that stride 0 repeats. A view or matrix that is absent has no bytes.
inline double bytes(const View& x) {
  double count = x.buffer ? number(size_of(x.dtype)) : 0;
  for (int i = 0; i < x.rank; ++i)
    if (x.strides[i] != 0 || x.dims[i] == 0) count *= number(x.dims[i]);
  return count;
}
inline double bytes(const Matrix& x) { return elements(x) * number(size_of(x.dtype)); }
template <class... Memory>
double bytes(const Memory&... all) {
  return (bytes(all) + ...);
}

inline double inner(const GemmArgs& args) { return number(args.transpose_a ? args.a.rows : args.a.cols); }
inline double bytes_of_product(const GemmArgs& args) {
  Matrix c = args.c.buffer ? args.c : args.y;
  if (c.row_stride == 0) c.rows = 1;
  return number(args.batch) * (bytes(args.y, args.a, args.b) + (args.beta == 0 ? 0 : bytes(c)));
}

inline double flops_of(GruPhase phase) {
  switch (phase) {
    case GruPhase::all:
      return 11;
    case GruPhase::reset_update:
      return 5;
    case GruPhase::candidate:
      return 6;
  }
  return 0;
}

inline double flops_of(const AttentionArgs& args) {
  return elements(args.weights) * (4 * number(args.query.cols) + 2 * number(args.values.cols));
}
inline double flops_of(const DotAttentionArgs& args) {
  return 2 * elements(args.lse) * number(args.keys.count) * number(args.q.cols + args.v.cols);
}
inline double bytes_of(const AttentionArgs& args) {
  return bytes(args.query, args.keys, args.values, args.v, args.weights, args.context) +
         bytes(args.columns, args.lengths, args.starts);
}

/// Counts each of a sequence's states at each step, which takes 10 FLOPs, twice with a gradient; and reads them as
/// often.
inline double flops_of(const CtcArgs& args) {
  return (args.gradient.buffer ? 20 : 10) * number(args.log_probs.rows) * number(2 * args.longest + 1);
}
inline double bytes_of(const CtcArgs& args) {
  return number(args.log_probs.rows) * number(2 * args.longest + 1) * number(size_of(args.log_probs.dtype));
}

}  // namespace kernel_cost_words

/// Each entry has a function of its name and arguments here, kernel_cost::gemm(context, args) and so on, which returns
/// what that call asks for.
namespace kernel_cost {
using namespace kernel_cost_words;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"  // a formula does not name every argument
#define GRUS_DEVICE_ENTRY(result, name, arguments, bytes) \
  inline KernelCost name GRUS_WITH_CONTEXT arguments { return {0, bytes, DType::f32, -1}; }
#define GRUS_KERNEL(need, name, arguments, variant, dtype, flops, bytes) \
  inline KernelCost name GRUS_WITH_CONTEXT arguments { return {flops, bytes, dtype, number_of(variant)}; }
#define GRUS_LOOP_ENTRY(...)
#include "core/device/kernels.def"
#pragma GCC diagnostic pop

}  // namespace kernel_cost
}  // namespace grus
