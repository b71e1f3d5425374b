#include "core/base/arena.h"

#include <algorithm>
#include <mutex>

namespace grus {
namespace {

constexpr size_t chunk_bytes = size_t{1} << 16;

/// Chunks of arenas that ended are kept: a fresh one costs the system a page fault every 4 KiB.
struct SpareChunks {
  static constexpr size_t most = 64;
  std::mutex mutex;
  std::vector<std::unique_ptr<std::byte[]>> chunks;  // each of at least chunk_bytes
};
SpareChunks& spare_chunks() {
  static auto* const all = new SpareChunks;  // never destroyed: an arena in a static object may go later
  return *all;
}

std::unique_ptr<std::byte[]> new_chunk(size_t bytes) {
  if (bytes == chunk_bytes) {
    const std::lock_guard lock(spare_chunks().mutex);
    if (auto& spare = spare_chunks().chunks; !spare.empty()) {
      auto chunk = std::move(spare.back());
      spare.pop_back();
      return chunk;
    }
  }
  return std::make_unique_for_overwrite<std::byte[]>(bytes);
}

}  // namespace

void Arena::add_chunk(size_t bytes) {
  size_ = std::max(chunk_bytes, bytes);
  chunks_.push_back(new_chunk(size_));
  used_ = 0;
}

Arena::~Arena() {
  const std::lock_guard lock(spare_chunks().mutex);
  auto& spare = spare_chunks().chunks;
  while (!chunks_.empty() && spare.size() < SpareChunks::most) {
    spare.push_back(std::move(chunks_.back()));
    chunks_.pop_back();
  }
}

}  // namespace grus
