#include "core/backends/gpu/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace grus::gpu {

Arguments& Arguments::add_bytes(const void* from, size_t size) {
  const size_t at = (used_ + 7) / 8 * 8;
  if (at + size > sizeof bytes_ || count_ == std::size(places_)) throw Failure{Status::failed, "too many arguments"};
  std::memcpy(bytes_ + at, from, size);
  places_[count_++] = {at, size};
  used_ = at + size;
  return *this;
}

Arguments& Arguments::add_number(DType dtype, double value) {
  switch (dtype) {
    case DType::f32:
      return add(static_cast<float>(value));
    case DType::f64:
      return add(value);
    case DType::i32:
      return add(cast_to<int32_t>(value));
    case DType::i64:
      return add(cast_to<int64_t>(value));
    case DType::boolean:
      return add(static_cast<uint8_t>(value != 0));
    case DType::u8:
      return add(cast_to<uint8_t>(value));
    case DType::bf16:
      return add(cast_to<bfloat16>(value));
    case DType::f16:
      return add(cast_to<float16>(value));
  }
  return *this;
}

const char* type_name(DType dtype) {
  constexpr const char* names[] = {"float", "double", "int", "long", "uchar", "uchar", "ushort", "ushort"};
  return names[static_cast<int>(dtype)];
}
const char* type_macro(DType dtype) {
  constexpr const char* names[] = {"T_F32", "T_F64", "T_I32", "T_I64", "T_BOOL", "T_U8", "T_BF16", "T_F16"};
  return names[static_cast<int>(dtype)];
}

std::string& error_message() {
  thread_local std::string message;
  return message;
}

void Machine::require_f64() const {
  if (!has_f64())
    throw Failure{Status::unsupported, fmt::format("need a device that computes in f64, got {}", describe())};
}

void Machine::run(const char* file, DType dtype, std::string_view name, int64_t groups_x, int64_t groups_y,
                  const Arguments& arguments) {
  if (groups_x <= 0 || groups_y <= 0) return;
  if (dtype == DType::f64) require_f64();
  std::string key = fmt::format("{}/{}/{}", file, name_of(dtype), name);
  auto found = kernels_.find(key);
  if (found == kernels_.end())
    found = kernels_.emplace(std::move(key), find_kernel(file, dtype, std::string(name))).first;
  launch(found->second, groups_x, std::min<int64_t>(groups_y, 65535), arguments);
}

void* Machine::scratch(int slot, size_t bytes) {
  Scratch& room = scratch_[slot];
  if (room.bytes < bytes) {
    if (room.memory) release(std::exchange(room.memory, nullptr));
    room.bytes = 0;
    room.memory = allocate(bytes);
    room.bytes = bytes;
  }
  return room.memory;
}

void* Machine::fault() {
  if (!fault_) {
    constexpr int32_t none = 0;
    fault_ = allocate(sizeof none);
    upload(fault_, 0, &none, sizeof none);
  }
  fault_possible_ = true;
  return fault_;
}

void Machine::check_fault() {
  if (!std::exchange(fault_possible_, false)) return;
  int32_t seen = 0;
  download(&seen, fault_, 0, sizeof seen);
  if (seen == 0) return;
  constexpr int32_t none = 0;
  upload(fault_, 0, &none, sizeof none);
  throw Failure{Status::failed, "need ids and targets inside their tables, got others since the last look"};
}

void Machine::release_scratch() {
  for (Scratch& room : scratch_)
    if (room.memory) release(std::exchange(room.memory, nullptr));
  if (fault_) release(std::exchange(fault_, nullptr));
}

}  // namespace grus::gpu
