// exporter.h declares these: tensors that the inputs' sizes decide, and no op of the program computed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "formats/onnx/exporter.h"
#include "ops/math/elementwise.h"

namespace grus::formats {
namespace {

using Numbers = std::vector<double>;

Numbers numbers_of(const Tensor& tensor) { return cast(tensor.detach(), DType::f64).to_vector<double>(); }

ShapesAcross shapes_of(const TensorsAcross& tensors) {
  ShapesAcross shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

bool all_equal(const TensorsAcross& tensors) {
  for (size_t k = 1; k < tensors.size(); ++k)
    if (tensors[k].shape() != tensors[0].shape() || tensors[k].to_bytes() != tensors[0].to_bytes()) return false;
  return true;
}

std::string cast_to(GraphBuilder& graph, const std::string& x, DType dtype) {
  return graph.add("Cast", {x}, {{"to", onnx_type(dtype)}});
}

}  // namespace

std::string Exporter::lengths() const { return options_.lengths->name; }
std::string Exporter::steps() { return size({{recordings.find(options_.lengths->steps)}}); }
std::string Exporter::batch() { return size({{recordings.find(options_.lengths->batch)}}); }

std::string Exporter::range(const std::string& count) {
  return graph.add("Range", {graph.integer(0), graph.add("Squeeze", {count}), graph.integer(1)});
}

std::string Exporter::mask() {
  if (const auto found = sizes_.find("mask"); found != sizes_.end()) return found->second;
  const std::string count = steps(), outer = graph.scope();
  graph.set_scope("sizes");
  const std::string t = graph.add("Unsqueeze", {range(count), graph.integers({1})});
  const std::string real = graph.add("Less", {t, lengths()});
  graph.set_scope(outer);
  return sizes_["mask"] = real;
}

bool Exporter::are_lengths(const TensorsAcross& tensors) const {
  for (size_t k = 0; k < tensors.size(); ++k)
    if (!has_lengths() || tensors[k].to_vector<int64_t>() != recordings.all[k].lengths.lengths()) return false;
  return true;
}

bool Exporter::are_dense(const TensorsAcross& tensors, const ShapesAcross& rows) const {
  for (size_t k = 0; k < tensors.size(); ++k) {
    const std::vector<int64_t> all = tensors[k].to_vector<int64_t>();
    for (const int64_t length : all)
      if (length != all[0] || length * static_cast<int64_t>(all.size()) != rows[k][0]) return false;
  }
  return true;
}

std::string Exporter::constant(const TensorsAcross& tensors, const std::string& who) {
  if (all_equal(tensors)) {
    const std::string name = state_name(tensors[0]);
    return name.empty() ? graph.initializer(tensors[0]) : graph.initializer(tensors[0], name);
  }
  if (auto found = of_lengths(tensors, who)) return *found;
  if (auto found = filled(tensors, who)) return *found;
  if (auto found = counted(tensors, who)) return *found;
  if (auto found = causal(tensors)) return *found;
  if (auto found = prefix(tensors)) return *found;
  throw UsageError(
      fmt::format("[save_onnx] {}: need tensors that the program computes from its inputs, got one {} {} that changes "
                  "with them and comes from elsewhere, as random numbers, detach(), or values read by the host do",
                  who, tensors[0].dtype(), tensors[0].shape()));
}

/// One number everywhere, which may be a size or one divided by a size (a mean's factor).
std::optional<std::string> Exporter::filled(const TensorsAcross& tensors, const std::string& who) {
  Across integers, reciprocals;
  bool same = true, whole = true, inverse = true;
  double first = 0;
  for (size_t k = 0; k < tensors.size(); ++k) {
    const Numbers values = numbers_of(tensors[k]);
    if (values.empty() || !std::ranges::all_of(values, [&](double v) { return v == values[0]; })) return std::nullopt;
    if (k == 0) first = values[0];
    same &= values[0] == first;
    whole &= std::abs(values[0]) < 1e9 && values[0] == std::round(values[0]);
    integers.push_back(whole ? std::llround(values[0]) : 0);
    const double turned = values[0] > 1e-9 ? std::round(1 / values[0]) : 0;
    inverse &= turned > 0 && std::abs(turned * values[0] - 1) < 1e-6;
    reciprocals.push_back(static_cast<int64_t>(turned));
  }
  const DType dtype = tensors[0].dtype();
  std::string one;
  if (same) one = graph.number(first, dtype);
  else if (const auto found = whole ? amount(integers) : std::nullopt)
    one = cast_to(graph, graph.add("Squeeze", {size(*found)}), dtype);
  else if (const auto turned = inverse ? amount(reciprocals) : std::nullopt)
    one = graph.add("Reciprocal", {cast_to(graph, graph.add("Squeeze", {size(*turned)}), dtype)});
  if (one.empty()) return std::nullopt;
  if (tensors[0].rank() == 0) return one;
  return graph.add("Expand", {one, sizes(shapes_of(tensors), who)});
}

/// start, start + 1, start + 2, ... in the order of the elements.
std::optional<std::string> Exporter::counted(const TensorsAcross& tensors, const std::string& who) {
  double start = 0;
  ShapesAcross flat;
  for (size_t k = 0; k < tensors.size(); ++k) {
    const Numbers values = numbers_of(tensors[k]);
    if (values.empty()) return std::nullopt;
    if (k == 0) start = values[0];
    for (size_t i = 0; i < values.size(); ++i)
      if (values[i] != start + static_cast<double>(i)) return std::nullopt;
    flat.push_back({tensors[k].numel()});
  }
  if (start != std::round(start)) return std::nullopt;
  std::string x = range(sizes(flat, who));
  if (start != 0) x = graph.add("Add", {x, graph.integer(std::llround(start))});
  x = cast_to(graph, x, tensors[0].dtype());
  return tensors[0].rank() == 1 ? x : reshaped(x, flat, shapes_of(tensors), who);
}

/// What Lengths has: a mask (B, T) or (T, B), or its opposite, the lengths, and numbers of rows. Packed rows are those
/// of all steps in the graph.
std::optional<std::string> Exporter::of_lengths(const TensorsAcross& tensors, const std::string& who) {
  if (!has_lengths()) return std::nullopt;
  const auto is = [&](const auto& tensor_of) {
    for (size_t k = 0; k < tensors.size(); ++k)
      if (numbers_of(tensors[k]) != numbers_of(tensor_of(recordings.all[k].lengths))) return false;
    return true;
  };
  const auto rows = [&] { return range(size({{recordings.rows}})); };
  std::string x;
  if (is([](const Lengths& l) { return l.lengths_tensor(); })) x = lengths();
  else if (is([](const Lengths& l) { return l.packed_rows(); })) x = rows();
  else if (is([](const Lengths& l) { return l.batch_rows(); })) x = graph.add("Mod", {rows(), batch()});
  else if (is([](const Lengths& l) { return l.first_rows(); })) x = range(batch());
  else if (is([](const Lengths& l) { return l.last_rows(); })) {
    const std::string before = graph.add("Sub", {lengths(), graph.integer(1)});
    x = graph.add("Add", {graph.add("Mul", {before, batch()}), range(batch())});
  } else if (is([](const Lengths& l) { return l.mask(); }))
    x = graph.add("Transpose", {mask()}, {{"perm", std::vector<int64_t>{1, 0}}});
  else if (is([](const Lengths& l) { return l.mask().transpose(); })) x = mask();
  else if (is([](const Lengths& l) { return logical_not(l.mask()); }))
    x = graph.add("Not", {graph.add("Transpose", {mask()}, {{"perm", std::vector<int64_t>{1, 0}}})});
  else if (is([](const Lengths& l) { return logical_not(l.mask().transpose()); })) x = graph.add("Not", {mask()});
  else return std::nullopt;
  x = cast_to(graph, x, tensors[0].dtype());
  if (tensors[0].rank() == 1) return x;
  return graph.add("Reshape", {x, sizes(shapes_of(tensors), who)});
}

/// A bool (T, S) that is true where s <= t + past, or its opposite.
std::optional<std::string> Exporter::causal(const TensorsAcross& tensors) {
  if (tensors[0].dtype() != DType::boolean || tensors[0].rank() != 2) return std::nullopt;
  std::optional<int64_t> past;
  const bool first = tensors[0].to_bools()[0];
  ShapesAcross rows, columns;
  for (const Tensor& tensor : tensors) {
    const std::vector<bool> values = tensor.to_bools();
    const int64_t width = tensor.dim(1);
    if (!past) {
      const auto end = std::find(values.begin(), values.begin() + width, !first);
      past = end - values.begin() - 1;
    }
    for (int64_t t = 0; t < tensor.dim(0); ++t)
      for (int64_t s = 0; s < width; ++s)
        if (values[static_cast<size_t>(t * width + s)] != ((s <= t + *past) == first)) return std::nullopt;
    rows.push_back({tensor.dim(0)});
    columns.push_back({width});
  }
  const std::string t = graph.add("Add", {range(sizes(rows, "causal mask")), graph.integer(*past)});
  const std::string s = range(sizes(columns, "causal mask"));
  const std::string column = graph.add("Unsqueeze", {t, graph.integers({1})});
  return graph.add(first ? "LessOrEqual" : "Greater", {s, column});
}

/// The first rows of a parameter or buffer, as of a table of positions.
std::optional<std::string> Exporter::prefix(const TensorsAcross& tensors) {
  if (tensors[0].rank() == 0) return std::nullopt;
  for (const nn::NamedTensor& entry : options_.state) {
    const Shape& whole = entry.tensor.shape();
    ShapesAcross counts;
    bool fits = entry.tensor.dtype() == tensors[0].dtype();
    for (const Tensor& tensor : tensors) {
      fits = fits && whole.rank() == tensor.rank() && tensor.dim(0) <= whole[0] &&
             whole.without(0) == tensor.shape().without(0) &&
             entry.tensor.rows(0, tensor.dim(0)).to_bytes() == tensor.to_bytes();
      counts.push_back({tensor.rank() > 0 ? tensor.dim(0) : 0});
    }
    if (fits)
      return graph.add("Slice", {graph.initializer(entry.tensor, entry.name), graph.integers({0}),
                                 sizes(counts, entry.name), graph.integers({0})});
  }
  return std::nullopt;
}

}  // namespace grus::formats
