#pragma once
// Memory for many small things that end together: bytes off the end of large chunks.
#include <cstddef>
#include <memory>
#include <vector>

namespace grus {

/// An arena calls no destructor of what lies in it. Chunks of arenas that ended are kept for later ones.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Returns memory that is aligned as max_align_t.
  std::byte* allocate(size_t bytes) {
    bytes = aligned(bytes);
    if (used_ + bytes > size_) add_chunk(bytes);
    std::byte* const place = chunks_.back().get() + used_;
    used_ += bytes;
    return place;
  }

  static constexpr size_t aligned(size_t bytes) {
    constexpr size_t unit = alignof(std::max_align_t);
    return (bytes + unit - 1) / unit * unit;
  }

 private:
  void add_chunk(size_t bytes);
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  size_t used_ = 0, size_ = 0;  // bytes of the last chunk
};

}  // namespace grus
