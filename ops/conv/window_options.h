#pragma once
#include <cstdint>

namespace grus {

/// A number for rows and one for columns; one number is meant for both.
struct Pair {
  Pair(int64_t both) : rows(both), columns(both) {}
  Pair(int64_t rows, int64_t columns) : rows(rows), columns(columns) {}
  int64_t rows, columns;
};

struct WindowOptions {
  Pair stride = 1, padding = 0, dilation = 1;  // zeros around the image; distance between taps
};

}  // namespace grus
