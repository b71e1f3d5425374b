#include "core/backends/cpu/blas.h"

#include <cblas.h>
#include <dlfcn.h>

#include <cstdlib>
#include <optional>

#include "core/backends/cpu/cpu_info.h"

namespace grus::cpu {
namespace {

struct Blas {
  decltype(&::cblas_sgemm) sgemm = nullptr;
  decltype(&::cblas_dgemm) dgemm = nullptr;
  decltype(&::cblas_sgemv) sgemv = nullptr;
  decltype(&::cblas_dgemv) dgemv = nullptr;
  char* (*corename)() = nullptr;
  std::string error;
};

/// Sets an environment variable while OpenBLAS reads it, then restores it: programs we start are not to inherit it.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    setenv(name, value, 1);
  }
  ~ScopedVariable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  ScopedVariable(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// Names the kernels to ask for, or null to leave the choice to OpenBLAS. The packaged 0.3.21 does not know a Zen 5 and
/// gives it AVX2 kernels, half the speed of its AVX-512 ones (251 against 487 GFLOP/s seen). On a Zen 4 the AVX2 ones
/// are as fast, and 6 % faster at 2048 cubed; 0.3.21 would take Cooperlake there.
const char* wanted_kernels() {
#if defined(__x86_64__)
  if (std::getenv("OPENBLAS_CORETYPE")) return nullptr;
  if (isa() == Isa::avx512) return is_amd_19h(cpu_model()) ? "Zen" : "SkylakeX";
  if (isa() == Isa::avx2) return __builtin_cpu_supports("avx512f") ? "Haswell" : nullptr;
  return __builtin_cpu_supports("avx2") ? "Nehalem" : nullptr;
#else
  return nullptr;
#endif
}

void* open_library() {
  for (const char* name : {"libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"})
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  return nullptr;
}

Blas load() {
  const ScopedVariable one_thread("OPENBLAS_NUM_THREADS", "1");
  std::optional<ScopedVariable> kernels;
  if (const char* wanted = wanted_kernels()) kernels.emplace("OPENBLAS_CORETYPE", wanted);
  Blas blas;
  void* const library = open_library();
  if (!library) {
    const char* why = dlerror();
    blas.error =
        std::string("matrix products need OpenBLAS (Debian: libopenblas0), got: ") + (why ? why : "no library");
    return blas;
  }
  blas.sgemm = reinterpret_cast<decltype(blas.sgemm)>(dlsym(library, "cblas_sgemm"));
  blas.dgemm = reinterpret_cast<decltype(blas.dgemm)>(dlsym(library, "cblas_dgemm"));
  blas.sgemv = reinterpret_cast<decltype(blas.sgemv)>(dlsym(library, "cblas_sgemv"));
  blas.dgemv = reinterpret_cast<decltype(blas.dgemv)>(dlsym(library, "cblas_dgemv"));
  blas.corename = reinterpret_cast<decltype(blas.corename)>(dlsym(library, "openblas_get_corename"));
  if (!blas.sgemm || !blas.dgemm || !blas.sgemv || !blas.dgemv)
    blas.error = "matrix products need cblas_sgemm, cblas_dgemm, cblas_sgemv and cblas_dgemv, got an OpenBLAS without";
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads"))) set(1);
  return blas;
}

const Blas& blas() {
  static const Blas blas = load();
  return blas;
}

CBLAS_TRANSPOSE flag(bool transpose) { return transpose ? CblasTrans : CblasNoTrans; }
blasint size(int64_t n) { return static_cast<blasint>(n); }

template <class T, class F>
void call(F gemm, const Product<T>& p) {
  gemm(CblasRowMajor, flag(p.transpose_a), flag(p.transpose_b), size(p.m), size(p.n), size(p.k), p.alpha, p.a,
       size(p.lda), p.b, size(p.ldb), p.beta, p.y, size(p.ldy));
}

template <class T, class F>
void call_with_vector(F gemv, const Product<T>& p) {
  const int64_t rows = p.transpose_a ? p.k : p.m, columns = p.transpose_a ? p.m : p.k;
  gemv(CblasRowMajor, flag(p.transpose_a), size(rows), size(columns), p.alpha, p.a, size(p.lda), p.b,
       size(p.transpose_b ? 1 : p.ldb), p.beta, p.y, size(p.ldy));
}

}  // namespace

bool blas_load() { return blas().error.empty(); }
const std::string& blas_error() { return blas().error; }
std::string blas_kernels() { return blas().corename ? blas().corename() : "unknown"; }
void blas_gemm(const Product<float>& p) { call(blas().sgemm, p); }
void blas_gemm(const Product<double>& p) { call(blas().dgemm, p); }
void blas_gemv(const Product<float>& p) { call_with_vector(blas().sgemv, p); }
void blas_gemv(const Product<double>& p) { call_with_vector(blas().dgemv, p); }

}  // namespace grus::cpu
