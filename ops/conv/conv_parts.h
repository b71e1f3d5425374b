#pragma once
// Convolutions cut into blocks: which windows of which image a product takes, and where it reads and writes. Internal
// to ops.
#include <algorithm>
#include <functional>

#include "ops/conv/window_parts.h"

namespace grus {

/// A Conv is a checked call.
struct Conv {
  Windows windows;
  int64_t groups, outputs;

  int64_t channels() const { return windows.channels / groups; }  // of a group
  int64_t inner() const { return channels() * windows.taps(); }   // rows of its matrix of windows
  int64_t group_outputs() const { return outputs / groups; }
  /// Tells whether an image is its own matrix of windows.
  bool is_pointwise() const {
    const Windows& w = windows;
    return w.taps() == 1 && w.places() == w.pixels() && w.stride[0] == 1 && w.stride[1] == 1;
  }
  /// Returns how many rows of windows a block has: its matrix should stay in the second cache.
  int64_t block_rows() const {
    constexpr int64_t elements = 1 << 16;
    if (is_pointwise()) return windows.count[0];
    return std::clamp<int64_t>(elements / std::max<int64_t>(1, inner() * windows.count[1]), 1, windows.count[0]);
  }
};

/// A Block is some rows of windows of one group of one image.
struct Block {
  int64_t image, group, first, rows;
};

/// Calls f(block) for blocks of images [begin, end), all of a group before the next.
template <class F>
void for_each_block(const Conv& conv, int64_t begin, int64_t end, F f) {
  const int64_t rows = conv.block_rows(), count = conv.windows.count[0];
  for (int64_t b = begin; b < end; ++b)
    for (int64_t g = 0; g < conv.groups; ++g)
      for (int64_t first = 0; first < count; first += rows) f(Block{b, g, first, std::min(rows, count - first)});
}

/// Shares out the images among threads: f(part, first image, end).
void over_images(const Conv& conv, Device device, const std::function<void(int, int64_t, int64_t)>& f);

/// What products of one call read and write.
struct Places {
  const Conv& conv;
  View images;  // x, or its gradient

  int64_t image_offset(const Block& block) const {
    const Windows& w = conv.windows;
    return (block.image * w.channels + block.group * conv.channels()) * w.pixels();
  }
  /// Returns a block of y, or of its gradient: (outputs of the group, windows).
  Matrix result(const Matrix& y, const Block& block) const {
    const Windows& w = conv.windows;
    Matrix part = y;
    part.offset +=
        (block.image * conv.outputs + block.group * conv.group_outputs()) * w.places() + block.first * w.count[1];
    part.rows = conv.group_outputs();
    part.cols = block.rows * w.count[1];
    part.row_stride = w.places();
    return part;
  }
  /// Returns the weights of the block's group, (outputs, inner).
  Matrix weights(const Matrix& weight, const Block& block) const {
    Matrix part = weight;
    part.rows = conv.group_outputs();
    part.cols = part.row_stride = conv.inner();
    part.offset += block.group * part.rows * part.cols;
    return part;
  }
  /// Returns the block's matrix of windows (inner, windows) within `room`; a pointwise one is the image itself.
  Matrix columns(const Matrix& room, const Block& block) const {
    const int64_t places = block.rows * conv.windows.count[1];
    if (!conv.is_pointwise()) return {room.buffer, room.offset, room.dtype, conv.inner(), places, places, 0};
    return {images.buffer, images.offset + image_offset(block), images.dtype, conv.inner(), places, places, 0};
  }
  /// Calls f(pixels, part of the columns) for each tap.
  template <class F>
  void for_each_tap(const Matrix& columns, const Block& block, F f) const {
    const Windows& w = conv.windows;
    for (int64_t t = 0; t < w.taps(); ++t) {
      const Tap tap = tap_of(w, t / w.kernel[1], t % w.kernel[1], block.first, block.rows);
      if (tap.empty()) continue;
      f(pixels_of(images, w, tap, image_offset(block), conv.channels()),
        places_of(view_of(columns), w, tap, t * columns.cols, conv.channels(), w.taps() * columns.cols, block.first));
    }
  }
};

/// Returns memory for a block's matrix of windows.
Tensor room_of(const Conv& conv, DType dtype, Device device);
/// Lays out the windows of a block.
void lay_out(const Places& places, const Matrix& columns, const Block& block, Device device);

}  // namespace grus
