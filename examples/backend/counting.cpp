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

#include <grus/core/device/backend.h>
#include <grus/core/device/kernel_costs.h>

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
    std::snprintf(line, sizeof line, "counting: %.0f kernel calls, %.4g FLOP, %.4g bytes", calls.load(), flops.load(),
                  bytes.load());
    return line;
  }
} counts;

void count(const KernelCost& cost) {
  counts.calls += 1;
  counts.flops += cost.flops;
  counts.bytes += cost.bytes;
}

// An entry of the table, counted: Counted<&KernelTable::unary, kernel_cost::unary>::call has the entry's own type.
template <auto entry, auto cost>
struct Counted;
template <class... Args, Status (*KernelTable::*entry)(Context*, Args...), auto cost>
struct Counted<entry, cost> {
  static Status call(Context* context, Args... args) {
    count(cost(context, args...));
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
Status gemm(Context* context, const GemmArgs& args) {
  count(kernel_cost::gemm(context, args));
  for (int64_t n = 0; n < args.batch; ++n) {
    if (args.y.dtype == DType::f32) product<float>(args, n);
    else product<double>(args, n);
  }
  return Status::ok;
}

const char* describe(Context*) { return counts.text(); }

KernelTable make_table(const KernelTable& reference) {
  KernelTable table{};
  table.abi = kernels_abi;
  if (reference.abi != kernels_abi) return table;  // the library will say so, with both versions
  table = reference;
  table.name = "counting";
  table.describe = describe;
  // Each row of the contract's list; what `reference` lacks stays null.
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, ...) \
  if (table.name) table.name = Counted<&KernelTable::name, kernel_cost::name>::call;
#define GRUS_LOOP_ENTRY(...)
#include <grus/core/device/kernels.def>
  table.gemm = gemm;
  return table;
}

}  // namespace

const grus::KernelTable* grus_backend(const grus::KernelTable& reference) {
  below = &reference;
  static const grus::KernelTable table = make_table(reference);
  return &table;
}
