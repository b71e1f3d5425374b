// The CUDA backend: a device and one stream. Kernels are ../gpu/kernels, compiled by nvcc; products are cuBLAS's.
#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "core/backends/cuda/images.h"
#include "core/backends/gpu/machine.h"
#include "core/device/backend.h"

namespace grus::cuda {
namespace {

using gpu::Arguments;
using gpu::Failure;

void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // so that the next call does not report it again
  const bool lost = error == cudaErrorDevicesUnavailable || error == cudaErrorNoDevice;
  const Status status = error == cudaErrorMemoryAllocation ? Status::out_of_memory
                        : lost                             ? Status::device_lost
                                                           : Status::failed;
  throw Failure{status, fmt::format("{}: {}", what, cudaGetErrorString(error))};
}

void check(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw Failure{status == CUBLAS_STATUS_ALLOC_FAILED ? Status::out_of_memory : Status::failed,
                fmt::format("{}: {}", what, cublasGetStatusString(status))};
}

const unsigned char* image_of(DType dtype) {
  const unsigned char* const images[] = {image_f32, image_f64, image_i32, image_i64, image_bool};
  return images[static_cast<int>(dtype)];
}

/// Reads GRUS_CUDA_PRODUCTS, which says what f32 products multiply: f32, or factors rounded to tf32 or bf16. Their sums
/// are f32.
cublasComputeType_t f32_products() {
  const char* value = std::getenv("GRUS_CUDA_PRODUCTS");
  const std::string_view wanted = value ? value : "f32";
  if (wanted == "f32") return CUBLAS_COMPUTE_32F;
  if (wanted == "tf32") return CUBLAS_COMPUTE_32F_FAST_TF32;
  if (wanted == "bf16") return CUBLAS_COMPUTE_32F_FAST_16BF;
  throw Failure{Status::failed, fmt::format("GRUS_CUDA_PRODUCTS: need f32, tf32 or bf16, got '{}'", wanted)};
}

class CudaMachine final : public gpu::Machine {
 public:
  explicit CudaMachine(int index) : index_(index) {
    use();
    check(cudaGetDeviceProperties(&properties_, index), "cudaGetDeviceProperties");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate");
    check(cublasCreate(&blas_), "cublasCreate");
    check(cublasSetStream(blas_, stream_), "cublasSetStream");
    // Without atomics sums have a fixed order.
    check(cublasSetAtomicsMode(blas_, CUBLAS_ATOMICS_NOT_ALLOWED), "cublasSetAtomicsMode");
  }
  ~CudaMachine() override {
    cudaStreamSynchronize(stream_);
    release_scratch();
    for (const auto& [dtype, library] : libraries_) cudaLibraryUnload(library);
    cublasDestroy(blas_);
    cudaStreamDestroy(stream_);
  }

  std::string describe() const override {
    int runtime = 0;
    cudaRuntimeGetVersion(&runtime);
    return fmt::format("{}, {:.1f} GiB, {} multiprocessors, compute capability {}.{}, CUDA {}.{}", properties_.name,
                       static_cast<double>(properties_.totalGlobalMem) / (1 << 30), properties_.multiProcessorCount,
                       properties_.major, properties_.minor, runtime / 1000, runtime % 1000 / 10);
  }
  bool has_f64() const override { return true; }

  void* allocate(size_t bytes) override {
    use();
    if (bytes > properties_.totalGlobalMem)
      throw Failure{Status::out_of_memory,
                    fmt::format("need a buffer of {} bytes, the device has {}", bytes, properties_.totalGlobalMem)};
    void* memory = nullptr;
    check(cudaMalloc(&memory, std::max<size_t>(bytes, 1)), "cudaMalloc");
    return memory;
  }
  void release(void* memory) override {
    cudaSetDevice(index_);
    cudaFree(memory);  // waits for what still uses it
  }

  /// The runtime copies small pieces of pageable memory aside and returns at once.
  void upload(void* to, size_t byte_offset, const void* from, size_t bytes) override {
    use();
    check(cudaMemcpyAsync(static_cast<char*>(to) + byte_offset, from, bytes, cudaMemcpyHostToDevice, stream_),
          "upload");
  }
  void download(void* to, const void* from, size_t byte_offset, size_t bytes) override {
    use();
    check(cudaMemcpyAsync(to, static_cast<const char*>(from) + byte_offset, bytes, cudaMemcpyDeviceToHost, stream_),
          "download");
    finish();
  }
  void finish() override { check(cudaStreamSynchronize(stream_), "synchronize"); }

  /// cuBLAS stores matrices by columns, so it is asked for y^T = op(b)^T op(a)^T.
  void gemm(const GemmArgs& args) override {
    use();
    const auto form = [](bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    const auto leading = [](const Matrix& m) { return std::max(m.row_stride, m.cols); };
    const int64_t inner = args.transpose_a ? args.a.rows : args.a.cols;
    const Matrix &y = args.y, &a = args.a, &b = args.b;
    const bool single = y.dtype == DType::f32;
    const auto narrow_alpha = static_cast<float>(args.alpha), narrow_beta = static_cast<float>(args.beta);
    const void* const alpha = single ? static_cast<const void*>(&narrow_alpha) : &args.alpha;
    const void* const beta = single ? static_cast<const void*>(&narrow_beta) : &args.beta;
    const cudaDataType_t type = single ? CUDA_R_32F : CUDA_R_64F;
    const cublasComputeType_t f32_products = f32_products_ != CUBLAS_COMPUTE_32F ? f32_products_
                                             : args.precision == Precision::bf16 ? CUBLAS_COMPUTE_32F_FAST_16BF
                                             : args.precision == Precision::f16  ? CUBLAS_COMPUTE_32F_FAST_16F
                                                                                 : CUBLAS_COMPUTE_32F;
    check(cublasGemmEx_64(blas_, form(args.transpose_b), form(args.transpose_a), y.cols, y.rows, inner, alpha, data(b),
                          type, leading(b), data(a), type, leading(a), beta, data(y), type, leading(y),
                          single ? f32_products : CUBLAS_COMPUTE_64F, CUBLAS_GEMM_DEFAULT),
          "cublasGemmEx");
  }

 protected:
  void* find_kernel(const char*, DType dtype, const std::string& name) override {
    use();
    cudaLibrary_t& library = libraries_[dtype];
    if (!library)
      check(cudaLibraryLoadData(&library, image_of(dtype), nullptr, nullptr, 0, nullptr, nullptr, 0),
            "loading kernels");
    cudaKernel_t kernel = nullptr;
    check(cudaLibraryGetKernel(&kernel, library, name.c_str()), name.c_str());
    return reinterpret_cast<void*>(kernel);
  }

  void launch(void* kernel, int64_t groups_x, int64_t groups_y, const Arguments& arguments) override {
    use();
    void* pointers[Arguments::most];
    for (size_t i = 0; i < arguments.size(); ++i) pointers[i] = const_cast<void*>(arguments.data(i));
    const dim3 grid(static_cast<unsigned>(groups_x), static_cast<unsigned>(groups_y));
    check(cudaLaunchKernel(kernel, grid, dim3(gpu::width), pointers, 0, stream_), "kernel launch");
  }

 private:
  void use() const { check(cudaSetDevice(index_), "cudaSetDevice"); }
  static void* data(const Matrix& m) {
    return static_cast<char*>(m.buffer->handle) + m.offset * static_cast<int64_t>(size_of(m.dtype));
  }

  int index_;
  const cublasComputeType_t f32_products_ = f32_products();
  cudaDeviceProp properties_{};
  cudaStream_t stream_ = nullptr;
  cublasHandle_t blas_ = nullptr;
  std::map<DType, cudaLibrary_t> libraries_;
};

gpu::Machine* open_device(int index) {
  int count = 0;
  check(cudaGetDeviceCount(&count), "there is no CUDA device on this machine");
  if (index < 0 || index >= count)
    throw Failure{Status::failed, fmt::format("there are {} CUDA devices, counted from 0", count)};
  return new CudaMachine(index);
}

Status open(int index, Context** context) { return gpu::open_with(open_device, index, context); }

}  // namespace
}  // namespace grus::cuda

const grus::KernelTable* grus_backend(const grus::KernelTable&) {
  static const grus::KernelTable table = grus::gpu::make_table("cuda", grus::cuda::open);
  return &table;
}
