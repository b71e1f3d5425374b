#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "formats/keras_config.h"
#include "ops/math/elementwise.h"
#include "ops/math/shape.h"

namespace grus::formats {
namespace {

// Keras' gates z, r, h become r, z, n, and the other way round; other cells have PyTorch's order.
Tensor gates_swapped(const Tensor& x, const std::string& kind) {
  if (kind != "GRU") return x;
  const int64_t size = x.dim(0) / 3;
  return concat({x.rows(size, 2 * size), x.rows(0, size), x.rows(2 * size)});
}

Tensor unrecorded(const Tensor& x) { return x.detach(); }

class KerasVariables {
 public:
  KerasVariables(KerasLayer& layer, const std::vector<Tensor>& variables, bool configured, const std::string& file)
      : layer_(layer), variables_(variables), configured_(configured), file_(file) {}

  void set() {
    const std::string& kind = layer_.kind;
    if (gates_of_kind(kind) > 0) return recurrent();
    needs(!variables_.empty() && variables_.size() <= 2);
    const int rank = kind == "Conv1D" ? 3 : kind == "LayerNormalization" ? 1 : 2;
    needs(variables_[0].rank() == rank);
    if (kind == "Embedding") {
      needs(variables_.size() == 1);
      return add("weight", variables_[0]);
    }
    if (kind == "LayerNormalization") needs(configured_ || variables_.size() == 2);  // one alone could be either
    const Tensor weight = kind == "Dense"    ? variables_[0].transpose()
                          : kind == "Conv1D" ? permute(variables_[0], {2, 1, 0})
                                             : variables_[0];
    add("weight", weight);
    if (variables_.size() == 1) return;
    needs(variables_[1].shape() == Shape{weight.dim(0)});
    add("bias", variables_[1]);
  }

 private:
  void needs(bool holds) const {
    require<DataError>(holds, "{}: need the variables of a {} as Keras has them in '{}', got {}", file_, layer_.kind,
                       Shown{layer_.name}, shapes());
  }
  std::string shapes() const {
    std::string text;
    for (const Tensor& variable : variables_) text += fmt::format("{}{}", text.empty() ? "" : ", ", variable.shape());
    return text.empty() ? "none" : text;
  }
  void add(const std::string& name, const Tensor& value) { layer_.tensors.push_back({name, unrecorded(value)}); }

  void recurrent() {
    const size_t directions = layer_.bidirectional ? 2 : 1, each = variables_.size() / directions;
    needs((each == 2 || each == 3) && each * directions == variables_.size());
    if (layer_.kind == "GRU" && !configured_) {
      require<DataError>(each == 3,
                         "{}: need biases of the GRU '{}', or a file with the model's configuration, to know its form "
                         "(reset_after), got neither",
                         file_, Shown{layer_.name});
      layer_.reset = variables_[2].rank() == 2 ? Reset::after : Reset::before;
    }
    for (size_t direction = 0; direction < directions; ++direction)
      cell(&variables_[direction * each], each == 3, direction == 1 ? "_l0_reverse" : "_l0");
  }

  void cell(const Tensor* variables, bool bias, const std::string& suffix) {
    const Tensor &kernel = variables[0], &state = variables[1];
    needs(kernel.rank() == 2 && state.rank() == 2 && state.dim(1) == gates_of_kind(layer_.kind) * state.dim(0) &&
          kernel.dim(1) == state.dim(1));
    add("weight_ih" + suffix, gates_swapped(unrecorded(kernel.transpose()), layer_.kind));
    add("weight_hh" + suffix, gates_swapped(unrecorded(state.transpose()), layer_.kind));
    if (!bias) return;
    const Tensor& both = variables[2];
    const int64_t rows = state.dim(1);
    const bool two = layer_.kind == "GRU" && layer_.reset == Reset::after;
    needs(both.shape() == (two ? Shape{2, rows} : Shape{rows}));
    add("bias_ih" + suffix, gates_swapped(two ? both[0] : both, layer_.kind));
    add("bias_hh" + suffix,
        two ? gates_swapped(both[1], layer_.kind) : Tensor::zeros({rows}, both.dtype(), both.device()));
  }

  KerasLayer& layer_;
  const std::vector<Tensor>& variables_;
  bool configured_;
  const std::string& file_;
};

// Where the second bias is 0, the first one keeps its bits (-0 + 0 would be 0).
Tensor sum_of_biases(const Tensor& a, const Tensor& b) {
  const std::vector<std::byte> bytes = b.to_bytes();
  if (std::ranges::all_of(bytes, [](std::byte one) { return one == std::byte{0}; })) return a;
  return a + b;
}

}  // namespace

void set_variables(KerasLayer& layer, const std::vector<Tensor>& variables, bool configured, const std::string& file) {
  KerasVariables(layer, variables, configured, file).set();
}

std::vector<Tensor> variables_of(const KerasLayer& layer, int direction) {
  size_t used = 0;
  const auto tensor = [&](const std::string& name) {
    const Tensor* found = nn::find(layer.tensors, name);
    used += found != nullptr;
    return found ? *found : Tensor();
  };
  const auto needs = [&](bool holds, const char* what) {
    require<UsageError>(holds, "[write_keras_weights] need {} of the {} '{}', got another layer's tensors", what,
                        layer.kind, Shown{layer.name});
  };
  require<UsageError>(is_known_kind(layer.kind), "[write_keras_weights] need a layer of {}, got the {} '{}'",
                      known_kinds(), Shown{layer.kind}, Shown{layer.name});
  const int64_t gates = gates_of_kind(layer.kind);
  if (gates == 0) {
    const Tensor weight = tensor("weight"), bias = tensor("bias");
    const int rank = layer.kind == "Conv1D" ? 3 : layer.kind == "LayerNormalization" ? 1 : 2;
    needs(weight.defined() && weight.rank() == rank && used == layer.tensors.size(), "weight and bias");
    if (layer.kind == "Embedding") needs(!bias.defined(), "one weight");
    std::vector<Tensor> all = {layer.kind == "Dense"    ? unrecorded(weight.transpose())
                               : layer.kind == "Conv1D" ? unrecorded(permute(weight, {2, 1, 0}))
                                                        : weight};
    if (bias.defined()) all.push_back(bias);
    return all;
  }
  const std::string suffix = direction == 1 ? "_l0_reverse" : "_l0";
  const Tensor kernel = tensor("weight_ih" + suffix), state = tensor("weight_hh" + suffix),
               b = tensor("bias_ih" + suffix), c = tensor("bias_hh" + suffix);
  needs(kernel.defined() && state.defined() && b.defined() == c.defined() && kernel.rank() == 2 && state.rank() == 2 &&
            state.dim(0) == gates * state.dim(1) && kernel.dim(0) == state.dim(0) &&
            used * (layer.bidirectional ? 2 : 1) == layer.tensors.size(),
        "weight_ih, weight_hh and two biases or none");
  std::vector<Tensor> all = {unrecorded(gates_swapped(kernel, layer.kind).transpose()),
                             unrecorded(gates_swapped(state, layer.kind).transpose())};
  if (!b.defined()) return all;
  if (layer.kind == "GRU" && layer.reset == Reset::after)
    all.push_back(stack({gates_swapped(b, layer.kind), gates_swapped(c, layer.kind)}));
  else all.push_back(gates_swapped(sum_of_biases(b, c), layer.kind));
  return all;
}

}  // namespace grus::formats
