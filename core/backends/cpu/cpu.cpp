// The cpu backend: the reference table, in which the entries below replace plain loops.
#include <fmt/format.h>

#include "core/backends/cpu/blas.h"
#include "core/backends/cpu/cpu_info.h"
#include "core/backends/cpu/derived.h"
#include "core/backends/cpu/entries.h"
#include "core/backends/cpu/kernel_choice.h"
#include "core/backends/cpu/packed_gemm.h"
#include "core/backends/reference/left_out.h"
#include "core/backends/reference/reference.h"
#include "core/base/thread_pool.h"
#include "core/base/use_only.h"

namespace grus {
namespace cpu {
namespace {

Status open(int index, Context** context) {
  limit_simd_targets();
  if constexpr (!use_only)
    if (is_choice_named() && !kernel_choice_error().empty())
      return fail_with(fmt::format("GRUS_TUNE: {}", kernel_choice_error()));
  return reference_backend().open(index, context);
}

const char* describe(Context*) {
  thread_local std::string text;
  text = fmt::format(
      "{}, SIMD {}, bf16 {}, int8 {}, OpenBLAS {}{}{}, {} thread{}", cpu_name(), simd_target(),
      products_by(Precision::bf16), products_by(Precision::int8), blas_load() ? blas_kernels() : "not found",
      f32_choice().large_weights ? ", f32 of large weights ours" : "",
      f32_choice().plain ? ", f32 of plain products ours" : "", pool_threads(), pool_threads() == 1 ? "" : "s");
  return text.c_str();
}

void drop_derived_entry(Context*, DeviceBuffer* buffer) { drop_derived(buffer); }

KernelTable make_table() {
  KernelTable table = reference_backend();
  table.name = "cpu";
  table.keeps_from = large_buffer;
  table.open = open;
  table.describe = describe;
  table.allocate = allocate;
  table.release = release;
  table.drop_derived = drop_derived_entry;
  table.trim = trim;
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_BODY_required(name) kept<is_left_out(#name)>(&KernelTable::name, name)
#define GRUS_BODY_composed(name) GRUS_BODY_required(name)
#define GRUS_BODY_hosted(name) GRUS_BODY_required(name)
#define GRUS_BODY_launched(name) nullptr
#define GRUS_KERNEL(need, name, ...) table.name = GRUS_BODY_##need(name);
#define GRUS_LOOP_ENTRY(name, ...) table.name = name;
#include "core/device/kernels.def"
  return table;
}

}  // namespace

Status fail_with(std::string message) {
  reference::error_message() = std::move(message);
  return Status::failed;
}

}  // namespace cpu

const KernelTable& cpu_backend() {
  static const KernelTable table = cpu::make_table();
  return table;
}

}  // namespace grus
