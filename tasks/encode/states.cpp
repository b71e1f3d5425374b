#include "tasks/encode/states.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "data/read/text_writer.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"

namespace grus::tasks::encode {
namespace {

Tensor unit_rows(const Tensor& x) { return x / maximum(sqrt(sum(x * x, {1}, true)), Tensor::full({1, 1}, 1e-12)); }

}  // namespace

bool takes_states(const std::string& path) {
  return path == "-" || path.ends_with(".npy") || path.ends_with(".tsv") || path.ends_with(".tsv.gz");
}

void write_states(const std::string& path, const std::vector<std::string>& names, const Tensor& states) {
  require<UsageError>(takes_states(path), "[write_states] need a file .npy or .tsv, got {}", path);
  if (path.ends_with(".npy")) return data::write_npy(path, states);
  data::TextWriter out(path);
  const std::vector<float> values = states.to_vector<float>();
  const size_t width = static_cast<size_t>(states.dim(1));
  for (size_t i = 0; i < names.size(); ++i) {
    std::string line = names[i];
    for (size_t k = 0; k < width; ++k) line += fmt::format("\t{:.6g}", values[i * width + k]);
    out.write(line + "\n");
  }
  out.flush();
  out.commit();
}

KnownLines::KnownLines(const TextModel& model, std::vector<std::string> lines, const std::string& where,
                       int64_t batch) {
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::vector<std::vector<int32_t>> all;
  for (std::string& line : lines) {
    std::vector<int32_t> ids = model.codec.encode(line);
    if (ids.empty() || std::ssize(ids) > model.options.max_length) continue;
    all.push_back(std::move(ids));
    lines_.push_back(std::move(line));
  }
  require<DataError>(!lines_.empty(), "{}: need lines among which to look, got none", where);
  states_ = unit_rows(model.states(all, batch));
}

std::vector<std::vector<KnownLines::Neighbour>> KnownLines::nearest(const std::vector<std::string>& lines,
                                                                    const Tensor& states, int64_t top) const {
  // One more than asked for, as a line may be its own nearest, and is no neighbour.
  const int64_t count = std::min<int64_t>(top + 1, std::ssize(lines_));
  const TopK best = top_k(matmul(unit_rows(states), states_, {.transpose_b = true}), count);
  const std::vector<float> cosines = best.values.to_vector<float>();
  const std::vector<int64_t> places = best.ids.to_vector<int64_t>();
  std::vector<std::vector<Neighbour>> found(lines.size());
  for (size_t at = 0; at < places.size(); ++at) {
    const size_t i = at / static_cast<size_t>(count);
    const std::string& other = lines_[static_cast<size_t>(places[at])];
    if (other != lines[i] && std::ssize(found[i]) < top) found[i].push_back({other, cosines[at]});
  }
  return found;
}

}  // namespace grus::tasks::encode
