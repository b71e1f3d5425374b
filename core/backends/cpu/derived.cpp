#include "core/backends/cpu/derived.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/backends/cpu/aligned_floats.h"
#include "core/backends/cpu/packed_gemm.h"

namespace grus::cpu {
namespace {

/// What tells one form of a buffer from another.
struct Key {
  int64_t offset, k, n, stride;
  bool transposed;
  Precision precision;
  bool operator==(const Key&) const = default;
};

struct Form {
  Key key;
  uint64_t version;
  AlignedFloats panels;
  std::unique_ptr<std::atomic<int>> users = std::make_unique<std::atomic<int>>(0);
  std::optional<uint64_t> displaced = {};  // the version of the turned form that lay here and was up to date
  int64_t asked = 0;                       // how often it was asked for at this version

  bool is_used() const { return users->load(std::memory_order_acquire) > 0; }
};

/// A product that packed for itself alone.
struct Alone {
  Key key;
  uint64_t version;
};

struct Derived {
  std::vector<Form> forms;
  std::vector<Alone> alone;
};

// A buffer that holds more forms than this loses those whose weight was not used since it changed.
constexpr size_t many_forms = 64;

std::atomic<int64_t> packings{0};

std::mutex& mutex() {
  static std::mutex mutex;
  return mutex;
}

Key key_of(int64_t offset, const Product<float>& p) { return {offset, p.k, p.n, p.ldb, p.transpose_b, p.precision}; }

/// Returns what has this key, or null.
template <class T>
T* find(std::vector<T>& all, const Key& key) {
  const auto found = std::ranges::find(all, key, &T::key);
  return found == all.end() ? nullptr : &*found;
}

Form* add(Derived& derived, const DeviceBuffer& buffer, const Key& key, const Product<float>& p) {
  if (derived.forms.size() >= many_forms)
    std::erase_if(derived.forms, [&](const Form& form) { return form.version != buffer.version && !form.is_used(); });
  AlignedFloats panels = aligned_floats(std::max(packed_elements(p), packed_elements(turned(p))));
  if (!panels) return nullptr;
  derived.forms.push_back({key, buffer.version - 1, std::move(panels)});
  return &derived.forms.back();
}

/// Returns the form's place: its own, that of the turned form, or a new one where both are needed at this version.
Form* place_of(Derived& derived, const DeviceBuffer& buffer, int64_t offset, const Product<float>& p) {
  const Key key = key_of(offset, p);
  if (Form* const form = find(derived.forms, key)) return form;
  Form* const other = find(derived.forms, key_of(offset, turned(p)));
  if (!other || other->displaced == buffer.version || other->is_used()) return add(derived, buffer, key, p);
  other->displaced.reset();
  if (other->version == buffer.version) other->displaced = buffer.version;
  other->key = key;
  other->version = buffer.version - 1;
  return other;
}

Derived& derived_of(DeviceBuffer& buffer) {
  if (!buffer.derived) buffer.derived = new Derived;
  buffer.derived_version = buffer.version;
  return *static_cast<Derived*>(buffer.derived);
}

}  // namespace

Product<float> turned(Product<float> p) {
  std::swap(p.k, p.n);
  p.transpose_b = !p.transpose_b;
  return p;
}

bool is_first_use(DeviceBuffer* buffer, int64_t offset, const Product<float>& p) {
  std::lock_guard lock(mutex());
  Derived& derived = derived_of(*buffer);
  const Key key = key_of(offset, p);
  const Form* const form = find(derived.forms, key);
  if (form && (form->version == buffer->version || form->asked > 1)) return false;
  Alone* const before = find(derived.alone, key);
  if (before && before->version == buffer->version) return false;
  if (before) {
    before->version = buffer->version;
  } else {
    if (derived.alone.size() >= many_forms) derived.alone.clear();
    derived.alone.push_back({key, buffer->version});
  }
  std::erase_if(derived.forms, [&](const Form& old) { return old.key == key && !old.is_used(); });
  packings.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// In a part of a loop (core/thread/parts.h) the thread that comes first packs alone and the others wait for it,
// whichever weight they need: packing is a two-hundredth of a training's work.
PackedWeight packed_weight(DeviceBuffer* buffer, int64_t offset, const Product<float>& p) {
  std::lock_guard lock(mutex());
  Form* const form = place_of(derived_of(*buffer), *buffer, offset, p);
  if (!form) return {};
  if (form->version != buffer->version) {
    pack_all(p, form->panels.get());
    packings.fetch_add(1, std::memory_order_relaxed);
    form->version = buffer->version;
    form->asked = 0;
  }
  ++form->asked;
  return {form->panels.get(), *form->users};
}

int64_t weights_packed() { return packings.load(std::memory_order_relaxed); }

void drop_derived(DeviceBuffer* buffer) {
  std::lock_guard lock(mutex());
  delete static_cast<Derived*>(buffer->derived);
  buffer->derived = nullptr;
}

}  // namespace grus::cpu
