#pragma once
// Views of every form, and the inputs and outputs of an entry that lie under them.
#include <string>
#include <vector>

#include "tests/core/backends/harness.h"

namespace grus::test {

constexpr DType all_types[] = {DType::f32,     DType::f64, DType::i32,  DType::i64,
                               DType::boolean, DType::u8,  DType::bf16, DType::f16};

/// A layout has a view's dims and strides; extent() is the elements of memory under it.
struct Layout {
  Sizes dims, strides;
  int64_t extent() const {
    int64_t last = 0;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == 0) return 0;
      last += (dims[i] - 1) * strides[i];
    }
    return last + 1;
  }
};

/// Inputs are contiguous, strided, broadcast, transposed or empty, of every rank.
inline const std::vector<Layout> input_layouts = {
    {{}, {}},
    {{0}, {1}},
    {{1}, {1}},
    {{15}, {1}},
    {{16}, {1}},
    {{17}, {1}},
    {{17}, {0}},
    {{33}, {2}},
    {{5, 16}, {16, 1}},
    {{5, 16}, {0, 1}},
    {{5, 16}, {1, 0}},
    {{5, 16}, {1, 5}},
    {{5, 16}, {0, 0}},
    {{4, 0}, {0, 1}},
    {{0, 4}, {4, 1}},
    {{2, 3, 17}, {51, 17, 1}},
    {{2, 3, 17}, {0, 17, 1}},
    {{2, 3, 17}, {17, 0, 1}},
    {{2, 3, 17}, {1, 2, 6}},
    {{2, 1, 3, 2, 2, 5}, {60, 60, 20, 10, 5, 1}},
    {{2, 1, 3, 2, 2, 5}, {5, 60, 0, 0, 10, 1}},
    {{70001}, {1}},  // enough work for several threads
    {{300, 257}, {257, 1}},
    {{300, 257}, {0, 1}},
    {{300, 257}, {1, 0}},
};
inline Layout contiguous(const Sizes& dims) {
  Layout layout{dims, Sizes(dims.size(), 1)};
  for (size_t i = dims.size(); i-- > 1;) layout.strides[i - 1] = layout.strides[i] * dims[i];
  return layout;
}
/// Outputs are contiguous, or have a gap after each element and a place before the first.
inline std::vector<Layout> output_layouts(const Sizes& dims) {
  std::vector<Layout> layouts = {contiguous(dims), contiguous(dims)};
  for (int64_t& stride : layouts[1].strides) stride *= 2;
  return layouts;
}

/// Input k of an op: spread numbers under `layout`, beginning at element 3 of the memory.
struct Input {
  Array memory;
  View view;
  Input(const Backend& backend, DType dtype, const Layout& layout, int salt, double low = -2, double high = 2)
      : memory(backend, dtype, spread(layout.extent() + 3, salt, low, high)),
        view(memory.view(layout.dims, layout.strides, 3)) {}
};
struct Output {
  Array memory;
  View view;
  Output(const Backend& backend, DType dtype, const Layout& layout)
      : memory(backend, dtype, spread(layout.extent() + 1, 9, 0, 50)),
        view(memory.view(layout.dims, layout.strides, 1)) {}
};

inline std::string text(const char* name, DType dtype, const Layout& layout) {
  return fmt::format("{} {} ({}) strides ({})", name, name_of(dtype), fmt::join(layout.dims, ", "),
                     fmt::join(layout.strides, ", "));
}

}  // namespace grus::test
