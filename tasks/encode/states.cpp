#include "tasks/encode/states.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

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

void write_states(const std::string& path, const std::vector<std::string>& names, const Tensor& states) {
  if (std::filesystem::path(path).extension() == ".npy") return data::write_npy(path, states);
  require<UsageError>(path == "-" || path.ends_with(".tsv") || path.ends_with(".tsv.gz"),
                      "--out: need a file .npy or .tsv, got {}", path);
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

KnownLines::KnownLines(const TextModel& model, std::vector<std::string> lines, const std::string& where, int64_t batch)
    : model_(model), lines_(std::move(lines)) {
  std::sort(lines_.begin(), lines_.end());
  lines_.erase(std::unique(lines_.begin(), lines_.end()), lines_.end());
  std::erase_if(lines_, [&](const std::string& line) {
    const size_t pieces = model.codec.encode(line).size();
    return pieces == 0 || pieces > static_cast<size_t>(model.options.max_length);
  });
  require<DataError>(!lines_.empty(), "{}: need lines among which to look, got none", where);
  states_ = unit_rows(model.states(model.ids(lines_), batch));
}

std::vector<std::vector<KnownLines::Neighbour>> KnownLines::nearest(const std::vector<std::string>& lines,
                                                                    const std::vector<std::vector<int32_t>>& ids,
                                                                    int64_t top) const {
  const int64_t count =
      std::min<int64_t>(top + 1, std::ssize(lines_));  // a line may be its own nearest, and is no neighbour
  const TopK best = top_k(matmul(unit_rows(model_.states(ids)), states_, {.transpose_b = true}), count);
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
