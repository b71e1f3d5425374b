#include "core/backends/cpu/derived.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "core/backends/cpu/aligned_floats.h"
#include "core/backends/cpu/packed_gemm.h"

namespace grus::cpu {
namespace {

struct Form {
  int64_t offset, k, n, stride;
  bool transposed;
  Precision precision;
  uint64_t version;
  AlignedFloats panels;
};

struct Derived {
  std::vector<Form> forms;
};

// A buffer that holds more forms than this loses those whose weight was not used since it changed.
constexpr size_t many_forms = 64;

std::atomic<int64_t> packings{0};

std::mutex& mutex() {
  static std::mutex mutex;
  return mutex;
}

Form* find(Derived& derived, int64_t offset, const Product<float>& p) {
  for (Form& form : derived.forms)
    if (form.offset == offset && form.k == p.k && form.n == p.n && form.stride == p.ldb &&
        form.transposed == p.transpose_b && form.precision == p.precision)
      return &form;
  return nullptr;
}

Form* add(Derived& derived, const DeviceBuffer& buffer, int64_t offset, const Product<float>& p) {
  if (derived.forms.size() >= many_forms)
    std::erase_if(derived.forms, [&](const Form& form) { return form.version != buffer.version; });
  AlignedFloats panels = aligned_floats(packed_elements(p));
  if (!panels) return nullptr;
  derived.forms.push_back({offset, p.k, p.n, p.ldb, p.transpose_b, p.precision, buffer.version - 1, std::move(panels)});
  return &derived.forms.back();
}

}  // namespace

// In a part of a loop (core/thread/parts.h) the thread that comes first packs alone and the others wait for it,
// whichever weight they need: packing is a two-hundredth of a training's work.
const float* packed_weight(DeviceBuffer* buffer, int64_t offset, const Product<float>& p) {
  std::lock_guard lock(mutex());
  if (!buffer->derived) buffer->derived = new Derived;
  buffer->derived_version = buffer->version;
  Derived& derived = *static_cast<Derived*>(buffer->derived);
  Form* form = find(derived, offset, p);
  if (!form) form = add(derived, *buffer, offset, p);
  if (!form) return nullptr;
  if (form->version != buffer->version) {
    pack_all(p, form->panels.get());
    packings.fetch_add(1, std::memory_order_relaxed);
    form->version = buffer->version;
  }
  return form->panels.get();
}

int64_t weights_packed() { return packings.load(std::memory_order_relaxed); }

void drop_derived(DeviceBuffer* buffer) {
  std::lock_guard lock(mutex());
  delete static_cast<Derived*>(buffer->derived);
  buffer->derived = nullptr;
}

}  // namespace grus::cpu
