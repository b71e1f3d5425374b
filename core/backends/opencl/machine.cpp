// The OpenCL backend: a device's context and in-order queue. Kernels are ../gpu/kernels; products are CLBlast's.
#include <clblast.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "core/backends/opencl/kernel_text.h"
#include "core/backends/opencl/opencl.h"
#include "core/device/backend.h"

namespace grus::opencl {
namespace {

using gpu::Arguments;
using gpu::Failure;

std::string text_of_file(std::string_view file) {
  using namespace gpu;
  if (file == "attention") return attention_text;
  if (file == "copy") return copy_text;
  if (file == "ctc") return ctc_text;
  if (file == "elements") return std::string(elements_text) + elementwise_text;
  if (file == "lines") return lines_text;
  if (file == "product") return product_text;
  if (file == "recurrent") return recurrent_text;
  if (file == "reduce") return reduce_text;
  if (file == "rows") return rows_text;
  if (file == "softmax") return softmax_text;
  if (file == "update") return update_text;
  throw Failure{Status::failed, fmt::format("there are no kernels {}", file)};
}

class OpenclMachine final : public gpu::Machine {
 public:
  explicit OpenclMachine(cl_device_id device) : device_(device), description_(opencl::description(device)) {
    cl_int error = CL_SUCCESS;
    context_ = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
    check(error, "clCreateContext");
    queue_ = clCreateCommandQueue(context_, device, 0, &error);
    check(error, "clCreateCommandQueue");
    has_f64_ = text_of(device, CL_DEVICE_EXTENSIONS).find("cl_khr_fp64") != std::string::npos;
    check(clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most_bytes_, &most_bytes_, nullptr),
          "clGetDeviceInfo");
  }
  ~OpenclMachine() override {
    clFinish(queue_);
    release_scratch();
    for (const auto& [name, program] : programs_) clReleaseProgram(program);
    clReleaseCommandQueue(queue_);
    clReleaseContext(context_);
  }

  std::string describe() const override { return description_; }
  bool has_f64() const override { return has_f64_; }

  void* allocate(size_t bytes) override {
    if (bytes > most_bytes_)
      throw Failure{Status::out_of_memory, fmt::format("need a buffer of {} bytes, at most {} go", bytes, most_bytes_)};
    cl_int error = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(context_, CL_MEM_READ_WRITE, std::max<size_t>(bytes, 1), nullptr, &error);
    check(error, "clCreateBuffer");
    return memory;
  }
  void release(void* memory) override { clReleaseMemObject(static_cast<cl_mem>(memory)); }

  /// Small uploads are copied and go on their way, so that the host need not wait for what is queued before.
  void upload(void* to, size_t byte_offset, const void* from, size_t bytes) override {
    constexpr size_t small = 1 << 20;
    auto memory = static_cast<cl_mem>(to);
    if (bytes > small)
      return check(clEnqueueWriteBuffer(queue_, memory, CL_TRUE, byte_offset, bytes, from, 0, nullptr, nullptr),
                   "upload");
    auto copy = std::make_unique<char[]>(bytes);
    std::memcpy(copy.get(), from, bytes);
    cl_event done = nullptr;
    check(clEnqueueWriteBuffer(queue_, memory, CL_FALSE, byte_offset, bytes, copy.get(), 0, nullptr, &done), "upload");
    const auto drop = [](cl_event, cl_int, void* data) { delete[] static_cast<char*>(data); };
    const cl_int error = clSetEventCallback(done, CL_COMPLETE, drop, copy.get());
    if (error != CL_SUCCESS) clWaitForEvents(1, &done);
    else copy.release();
    clReleaseEvent(done);
  }
  void download(void* to, const void* from, size_t byte_offset, size_t bytes) override {
    auto memory = static_cast<cl_mem>(const_cast<void*>(from));
    check(clEnqueueReadBuffer(queue_, memory, CL_TRUE, byte_offset, bytes, to, 0, nullptr, nullptr), "download");
  }
  void finish() override { check(clFinish(queue_), "clFinish"); }

  void gemm(const GemmArgs& args) override {
    if (args.y.dtype == DType::f32) product<float>(args);
    else product<double>(args);
  }

 protected:
  void* find_kernel(const char* file, DType dtype, const std::string& name) override {
    cl_int error = CL_SUCCESS;
    cl_kernel kernel = clCreateKernel(program_of(file, dtype), name.c_str(), &error);
    check(error, fmt::format("kernel {} of {} for {}", name, file, name_of(dtype)).c_str());
    return kernel;
  }

  void launch(void* handle, int64_t groups_x, int64_t groups_y, const Arguments& arguments) override {
    auto kernel = static_cast<cl_kernel>(handle);
    for (size_t i = 0; i < arguments.size(); ++i)
      check(clSetKernelArg(kernel, static_cast<cl_uint>(i), arguments.bytes(i), arguments.data(i)), "clSetKernelArg");
    const size_t global[] = {static_cast<size_t>(groups_x * gpu::width), static_cast<size_t>(groups_y)};
    const size_t local[] = {static_cast<size_t>(gpu::width), 1};
    check(clEnqueueNDRangeKernel(queue_, kernel, 2, nullptr, global, local, 0, nullptr, nullptr), "kernel launch");
  }

 private:
  cl_program program_of(const std::string& file, DType dtype) {
    const std::string name = fmt::format("{}-{}", file, name_of(dtype));
    if (const auto found = programs_.find(name); found != programs_.end()) return found->second;
    std::string options = fmt::format("-DELEMENT={} -D{} -DWIDTH={} -cl-std=CL1.2 -w", gpu::type_name(dtype),
                                      gpu::type_macro(dtype), gpu::width);
    if (has_f64_) options += " -DHAS_F64";
    if (dtype != DType::f64) options += " -cl-single-precision-constant";
    if (const char* more = std::getenv("GRUS_OPENCL_OPTIONS")) options += fmt::format(" {}", more);
    cl_program program = build(context_, device_, gpu::dialect_text + text_of_file(file), options, name);
    return programs_.emplace(name, program).first->second;
  }

  template <class T>
  void product(const GemmArgs& args) {
    using clblast::Transpose;
    const auto size = [](int64_t n) { return static_cast<size_t>(n); };
    // A single row may have any stride; CLBlast wants one that holds the row.
    const auto leading = [&](const Matrix& m) { return size(std::max(m.row_stride, m.cols)); };
    const auto memory = [](const Matrix& m) { return static_cast<cl_mem>(m.buffer->handle); };
    const auto form = [](bool transposed) { return transposed ? Transpose::kYes : Transpose::kNo; };
    const Matrix &y = args.y, &a = args.a, &b = args.b;
    const int64_t inner = args.transpose_a ? a.rows : a.cols;
    const auto status = clblast::Gemm<T>(clblast::Layout::kRowMajor, form(args.transpose_a), form(args.transpose_b),
                                         size(y.rows), size(y.cols), size(inner), static_cast<T>(args.alpha), memory(a),
                                         size(a.offset), leading(a), memory(b), size(b.offset), leading(b),
                                         static_cast<T>(args.beta), memory(y), size(y.offset), leading(y), &queue_);
    check(static_cast<cl_int>(status), "CLBlast");
  }

  cl_device_id device_;
  std::string description_;
  cl_context context_ = nullptr;
  cl_command_queue queue_ = nullptr;
  bool has_f64_ = false;
  cl_ulong most_bytes_ = 0;
  std::map<std::string, cl_program> programs_;
};

gpu::Machine* open_device(int index) {
  const std::vector<cl_device_id> devices = all_devices();
  if (index < 0 || static_cast<size_t>(index) >= devices.size())
    throw Failure{Status::failed, fmt::format("there are {} OpenCL devices, counted from 0", devices.size())};
  return new OpenclMachine(devices[static_cast<size_t>(index)]);
}

Status open(int index, Context** context) { return gpu::open_with(open_device, index, context); }

}  // namespace
}  // namespace grus::opencl

const grus::KernelTable* grus_backend(const grus::KernelTable&) {
  static const grus::KernelTable table = grus::gpu::make_table("opencl", grus::opencl::open);
  return &table;
}
