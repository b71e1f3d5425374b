#pragma once
// The part that OpenCL and CUDA share: the contract's entries as launches of kernels whose text (kernels/*.cl) is one
// for both. A Machine is an opened device of either; only it knows which.
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/device/kernels.h"

namespace grus::gpu {

inline constexpr int64_t width = 128;  // items in a work group: WIDTH of the kernels

/// A failure is thrown inside a backend; the entry makes a Status and a message of it.
struct Failure {
  Status status;
  std::string message;
};

/// Arguments of one launch, by value, in the kernel's order.
class Arguments {
 public:
  template <class T>
  Arguments& add(const T& value) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);
    return add_bytes(&value, sizeof value);
  }
  /// Appends all of another list.
  Arguments& add(const Arguments& more) {
    for (size_t i = 0; i < more.count_; ++i) add_bytes(more.data(i), more.bytes(i));
    return *this;
  }
  /// Appends a number as the element type.
  Arguments& add_number(DType dtype, double value);

  static constexpr size_t most = 40;
  size_t size() const { return count_; }
  const void* data(size_t i) const { return bytes_ + places_[i].at; }
  size_t bytes(size_t i) const { return places_[i].size; }

 private:
  Arguments& add_bytes(const void* from, size_t size);
  struct At {
    size_t at, size;
  };
  alignas(16) unsigned char bytes_[2048];
  At places_[most];
  size_t used_ = 0, count_ = 0;
};

class Machine {
 public:
  virtual ~Machine() = default;
  virtual std::string describe() const = 0;
  virtual bool has_f64() const = 0;

  virtual void* allocate(size_t bytes) = 0;  // Buffer::handle, which kernels take as a pointer
  virtual void release(void* memory) = 0;
  virtual void upload(void* to, size_t byte_offset, const void* from, size_t bytes) = 0;
  virtual void download(void* to, const void* from, size_t byte_offset, size_t bytes) = 0;
  virtual void finish() = 0;
  virtual void gemm(const GemmArgs& args) = 0;  // a single product, no dimension is 0

  /// Throws `unsupported` where the device has no f64.
  void require_f64() const;
  /// Starts kernel `name` of `file` compiled for `dtype`, on groups_x * groups_y groups of `width` items.
  void run(const char* file, DType dtype, std::string_view name, int64_t groups_x, int64_t groups_y,
           const Arguments& arguments);

  /// Returns memory that lasts until the entry returns; slots are 0 and 1.
  void* scratch(int slot, size_t bytes);
  /// Returns one int on the device that kernels set when they meet a wrong id.
  void* fault();
  /// Throws what kernels reported since the last time.
  void check_fault();

  std::mutex mutex;  // one entry at a time: arguments, scratch and caches are the machine's

 protected:
  /// Finds a kernel's handle, once for each name.
  virtual void* find_kernel(const char* file, DType dtype, const std::string& name) = 0;
  virtual void launch(void* kernel, int64_t groups_x, int64_t groups_y, const Arguments& arguments) = 0;
  void release_scratch();

 private:
  std::unordered_map<std::string, void*> kernels_;
  struct Scratch {
    void* memory = nullptr;
    size_t bytes = 0;
  } scratch_[2];
  void* fault_ = nullptr;
  bool fault_possible_ = false;
};

/// Names of a type in kernels and of its macro: "float" and "T_F32".
const char* type_name(DType dtype);
const char* type_macro(DType dtype);

/// Says why the last entry of this thread failed.
std::string& error_message();

/// Makes a table whose entries run on Machines; `open` is the backend's own, by way of open_with.
KernelTable make_table(const char* name, Status (*open)(int index, Context** context));
Status open_with(Machine* (*open)(int index), int index, Context** context);

}  // namespace grus::gpu
