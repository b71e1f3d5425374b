// A complete backend in one file, built outside the tree against the installed headers: it counts calls, FLOPs and
// bytes.
//   c++ -std=c++20 -O2 -shared -fPIC $(pkg-config --cflags grus) counting.cpp -o libgrus_counting.so
//   GRUS_BACKEND_PATH=. GRUS_DEVICE=counting grus-devices counting
// Memory and most kernels are those of `reference`, plain loops on the host; every entry is wrapped to count what it
// moves, and the matrix product is written out below, as a first kernel of one's own. docs/write-a-backend.md leads
// through it.
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "core/backend.h"

namespace {

using namespace grus;

const KernelTable* below = nullptr;  // reference

struct Counts {
  std::atomic<double> calls = 0, flops = 0, bytes = 0;
  // The module is never unloaded, so this runs when the process ends.
  ~Counts() {
    if (std::getenv("COUNTING_REPORT")) std::fprintf(stderr, "%s\n", text());
  }
  const char* text() const {
    static char line[128];
    std::snprintf(line, sizeof line, "counting: %.0f kernel calls, %.4g FLOP in products, %.4g bytes", calls.load(),
                  flops.load(), bytes.load());
    return line;
  }
} counts;

// What an argument moves: views and matrices their elements, a struct all of its matrices, anything else nothing.
void count(const View& view) {
  double elements = 1;
  for (int axis = 0; axis < view.rank; ++axis) elements *= static_cast<double>(view.dims[axis]);
  if (view.buffer) counts.bytes += elements * static_cast<double>(size_of(view.dtype));
}
void count(const Matrix& m) {
  if (m.buffer)
    counts.bytes += static_cast<double>(m.rows) * static_cast<double>(m.cols) * static_cast<double>(size_of(m.dtype));
}
template <class... T>
void count_all(const T&... places) {
  (count(places), ...);
}
void count(const GemmArgs& a) {
  const double batch = static_cast<double>(a.batch), inner = static_cast<double>(a.transpose_a ? a.a.rows : a.a.cols);
  counts.flops += 2 * batch * static_cast<double>(a.y.rows) * static_cast<double>(a.y.cols) * inner;
  for (int64_t i = 0; i < a.batch; ++i) count_all(a.y, a.a, a.b);
}
void count(const SoftmaxArgs& a) { count_all(a.y, a.x, a.mask); }
void count(const RandomArgs& a) { count_all(a.y, a.row_ids); }
void count(const OptimizerArgs& a) { count_all(a.value, a.grad, a.first, a.second, a.average); }
void count(const GruGatesArgs& a) { count_all(a.gx, a.gh, a.h, a.gates, a.hidden_n, a.y); }
void count(const GruGatesBackwardArgs& a) { count_all(a.gates, a.hidden_n, a.h, a.dy, a.dgx, a.dgh, a.dh); }
void count(const LstmGatesArgs& a) { count_all(a.gates, a.c, a.c_new, a.y); }
void count(const LstmGatesBackwardArgs& a) { count_all(a.gates, a.c, a.c_new, a.dh, a.dy, a.dsums, a.dc); }
void count(const AttentionArgs& a) { count_all(a.query, a.keys, a.values, a.v, a.weights, a.context); }
void count(const AttentionBackwardArgs& a) {
  count(a.forward);
  count_all(a.dcontext, a.dweights, a.dquery, a.dkeys, a.dvalues, a.dv);
}
void count(const CrossEntropyArgs& a) { count_all(a.logits, a.targets, a.losses, a.nll); }
template <class Other>
void count(const Other&) {}

// An entry of the table, counted: Counted<&KernelTable::unary>::call has the entry's own type.
template <auto entry>
struct Counted;
template <class... Args, Status (*KernelTable::*entry)(Context*, Args...)>
struct Counted<entry> {
  static Status call(Context* context, Args... args) {
    counts.calls += 1;
    (count(args), ...);
    return (below->*entry)(context, args...);
  }
};

// A kernel of one's own: y = alpha op(a) op(b) + beta c.
template <class T>
void product(const GemmArgs& args, int64_t n) {
  const auto at = [n](const Matrix& m) { return static_cast<T*>(m.buffer->handle) + m.offset + n * m.batch_stride; };
  T* const y = at(args.y);
  const Matrix& added = args.c.buffer ? args.c : args.y;
  const T *const a = at(args.a), *const b = at(args.b), *const c = at(added);
  const int64_t inner = args.transpose_a ? args.a.rows : args.a.cols;
  for (int64_t i = 0; i < args.y.rows; ++i)
    for (int64_t j = 0; j < args.y.cols; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < inner; ++k)
        sum += static_cast<double>(args.transpose_a ? a[k * args.a.row_stride + i] : a[i * args.a.row_stride + k]) *
               static_cast<double>(args.transpose_b ? b[j * args.b.row_stride + k] : b[k * args.b.row_stride + j]);
      const double rest = args.beta == 0 ? 0 : args.beta * static_cast<double>(c[i * added.row_stride + j]);
      y[i * args.y.row_stride + j] = static_cast<T>(args.alpha * sum + rest);
    }
}
Status gemm(Context*, const GemmArgs& args) {
  counts.calls += 1;
  count(args);
  for (int64_t n = 0; n < args.batch; ++n) {
    if (args.y.dtype == DType::f32) product<float>(args, n);
    else product<double>(args, n);
  }
  return Status::ok;
}

const char* describe(Context*) { return counts.text(); }

template <auto... entries>
void wrap(KernelTable& table) {
  ((table.*entries = table.*entries ? Counted<entries>::call : nullptr), ...);
}

KernelTable make_table(const KernelTable& reference) {
  KernelTable table{};
  table.abi = kernels_abi;
  if (reference.abi != kernels_abi) return table;  // the library will say so, with both versions
  table = reference;
  table.name = "counting";
  table.describe = describe;
  wrap<&KernelTable::copy, &KernelTable::fill, &KernelTable::unary, &KernelTable::unary_gradient, &KernelTable::binary,
       &KernelTable::binary_gradient, &KernelTable::compare, &KernelTable::select, &KernelTable::reduce,
       &KernelTable::arg_reduce, &KernelTable::gather_rows, &KernelTable::scatter_add_rows, &KernelTable::softmax,
       &KernelTable::softmax_gradient, &KernelTable::top_k, &KernelTable::random, &KernelTable::optimizer_step,
       &KernelTable::gru_gates, &KernelTable::gru_gates_backward, &KernelTable::attention,
       &KernelTable::attention_backward, &KernelTable::cross_entropy, &KernelTable::lstm_gates,
       &KernelTable::lstm_gates_backward>(table);
  table.gemm = gemm;
  return table;
}

}  // namespace

const grus::KernelTable* grus_backend(const grus::KernelTable& reference) {
  below = &reference;
  static const grus::KernelTable table = make_table(reference);
  return &table;
}
