#include "data/pairs/batch.h"

#include "core/base/error.h"

namespace grus::data {

EncodedCorpus encode(const ParallelCorpus& corpus, const Codec& source, const Codec& target) {
  return {source.encode(corpus.source), target.encode(corpus.target)};
}

namespace {

int64_t marked_length(const std::vector<int32_t>& row, Marks marks) {
  return static_cast<int64_t>(row.size()) + marks.count();
}

// What stands at place t of a row between its marks.
int32_t marked_id(const std::vector<int32_t>& row, Marks marks, int64_t t) {
  const int64_t place = t - int64_t{marks.sos};
  if (place < 0) return SOS;
  return place < static_cast<int64_t>(row.size()) ? row[static_cast<size_t>(place)] : EOS;
}

// Row b is row_of(b); its length that of `lengths`.
template <class RowOf>
std::vector<int32_t> packed(const Lengths& lengths, Marks marks, const RowOf& row_of) {
  std::vector<int32_t> ids;
  ids.reserve(static_cast<size_t>(lengths.total()));
  for (int64_t t = 0; t < lengths.longest(); ++t)
    for (int64_t i = 0; i < lengths.alive(t); ++i)
      ids.push_back(marked_id(row_of(static_cast<size_t>(lengths.order()[static_cast<size_t>(i)])), marks, t));
  return ids;
}

template <class RowOf>
PackedIds pack(size_t count, Marks marks, Device device, const RowOf& row_of) {
  std::vector<int64_t> sizes;
  for (size_t b = 0; b < count; ++b) sizes.push_back(marked_length(row_of(b), marks));
  Lengths lengths(std::move(sizes), -1, device);
  std::vector<int32_t> ids = packed(lengths, marks, row_of);
  return {std::move(ids), std::move(lengths)};
}

void require_rows(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which) {
  for (const int64_t i : which)
    require<UsageError>(i >= 0 && i < static_cast<int64_t>(rows.size()), "[batch] need rows below {}, got {}",
                        rows.size(), i);
}

auto chosen(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which) {
  return [&rows, which](size_t b) -> const std::vector<int32_t>& { return rows[static_cast<size_t>(which[b])]; };
}

}  // namespace

Tensor PackedIds::tensor() const { return Tensor::from(ids, lengths.device()); }

PackedIds pack_ids(const std::vector<std::vector<int32_t>>& rows, std::span<const int64_t> which, Marks marks,
                   Device device) {
  require_rows(rows, which);
  return pack(which.size(), marks, device, chosen(rows, which));
}

PackedIds pack_ids(std::span<const std::vector<int32_t>> rows, Marks marks, Device device) {
  return pack(rows.size(), marks, device, [&](size_t b) -> const std::vector<int32_t>& { return rows[b]; });
}

Batch make_batch(const EncodedCorpus& corpus, std::vector<int64_t> index, Marks source_marks, Device device) {
  require<UsageError>(corpus.source.size() == corpus.target.size(),
                      "[batch] need as many sources as targets, got {} and {}", corpus.source.size(),
                      corpus.target.size());
  Batch batch;
  batch.source = pack_ids(corpus.source, index, source_marks, device);
  batch.inputs = pack_ids(corpus.target, index, {.sos = true, .eos = false}, device);
  batch.labels = packed(batch.inputs.lengths, {.sos = false, .eos = true}, chosen(corpus.target, index));
  batch.index = std::move(index);
  return batch;
}

}  // namespace grus::data
