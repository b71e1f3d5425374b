// The shared entries of OpenCL and CUDA on a device without f64, whose kernels do nothing.
#include <cstdlib>
#include <cstring>

#include "core/backends/gpu/machine.h"
#include "core/device/backend.h"

namespace {

class Narrow final : public grus::gpu::Machine {
 public:
  ~Narrow() override { release_scratch(); }
  std::string describe() const override { return "a card of the last century"; }
  bool has_f64() const override { return false; }
  void* allocate(size_t bytes) override { return std::calloc(1, bytes + 1); }
  void release(void* memory) override { std::free(memory); }
  void upload(void* to, size_t byte_offset, const void* from, size_t bytes) override {
    std::memcpy(static_cast<char*>(to) + byte_offset, from, bytes);
  }
  void download(void* to, const void* from, size_t byte_offset, size_t bytes) override {
    std::memcpy(to, static_cast<const char*>(from) + byte_offset, bytes);
  }
  void finish() override {}
  void gemm(const grus::GemmArgs&) override {}

 protected:
  void* find_kernel(const char*, grus::DType, const std::string&) override { return this; }
  void launch(void*, int64_t, int64_t, const grus::gpu::Arguments&) override {}
};

grus::gpu::Machine* open_machine(int index) {
  if (index > 0) throw grus::gpu::Failure{grus::Status::failed, "there is one such card"};
  return new Narrow;
}
grus::Status open(int index, grus::Context** context) { return grus::gpu::open_with(open_machine, index, context); }

}  // namespace

const grus::KernelTable* grus_backend(const grus::KernelTable&) {
  static const grus::KernelTable table = grus::gpu::make_table("no_f64", open);
  return &table;
}
