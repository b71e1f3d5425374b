#pragma once
// Layers of recurrent cells run in one direction or both. Gru, Lstm and Rnn are such layers with PyTorch's names and
// layouts: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, then _l1 ..., with _reverse for the reverse direction.
// Recurrent<C> makes layers of anybody's cell.
#include <functional>
#include <memory>

#include "core/tensor/lengths.h"
#include "nn/module.h"
#include "ops/sequence/recurrence.h"
#include "ops/sequence/scan.h"

namespace grus {
// Hooks see every tensor of a state and of an output.
void collect_tensors(const State& state, std::vector<Tensor>& to);
void collect_tensors(const Output& output, std::vector<Tensor>& to);
}  // namespace grus

namespace grus::nn {

struct RecurrentOptions {
  int64_t input, hidden;  // I, and H, the size of a cell's y
  int64_t layers = 1;
  bool batch_first = false;     // x (B, T, I) and y (B, T, D H); states keep their shape
  double dropout = 0;           // between layers, in training
  bool locked_dropout = false;  // one mask for all steps of a sequence (Gal and Ghahramani 2016)
  bool bidirectional = false;
  int64_t checkpoint = 0;  // keep the states of every `checkpoint` steps and compute the others again; 0: keep all
  bool residual = false;   // y_l = x_l + layer(dropout(x_l)) from the second layer on (LayersOptions::residual)
  bool upper = false;      // x is a layer's y: dropout and residual connections begin with the first layer
};

/// RecurrentLayers are layers of any cells. They give the last layer's y (T, B, D H), both directions side by side
/// where D = 2, zeros past the lengths; and every layer's last state (L D, B, H), in the order layer 0 forward, layer 0
/// reverse, layer 1 ...
class RecurrentLayers : public ModuleBase {
 public:
  /// Takes x (T, B, I), or (T, I) for one sequence, and a first state (L D, B, H), or undefined for zeros. Throws
  /// ShapeError, DtypeError, DeviceError, UsageError.
  Output forward(const Tensor& x, const State& first = {}) const;
  /// Takes x (T, B, I) whose sequences have lengths of their own. Padded places change nothing.
  Output forward(const Tensor& x, const Lengths& lengths, const State& first = {}) const;
  /// Takes packed rows (N, I) and gives y (N, D H).
  Output forward_packed(const Tensor& x, const Lengths& lengths, const State& first = {}) const;

 protected:
  using Cells = std::vector<std::shared_ptr<const grus::Cell>>;

  RecurrentLayers(const char* name, const RecurrentOptions& options);
  RecurrentLayers(const RecurrentLayers&) = default;
  RecurrentLayers(RecurrentLayers&&) noexcept = default;
  RecurrentLayers& operator=(RecurrentLayers&&) = default;
  virtual ~RecurrentLayers() = default;

  /// Gives the cells, layer by layer, forward before reverse.
  virtual Cells cells() const = 0;
  /// Gives a tensor whose dtype and device x must have; undefined where any will do.
  virtual Tensor kind() const { return {}; }

  Output run_packed(const Tensor& x, const Lengths& lengths, const State& first, const Cells& cells) const;
  /// Gives the place of a cell. Throws UsageError where there is no such cell.
  size_t index(int64_t layer, int direction) const;
  int directions() const { return layers_.bidirectional ? 2 : 1; }
  int64_t input_of(int64_t layer) const { return layer == 0 ? layers_.input : layers_.hidden * directions(); }
  /// Gives "l0", "l0_reverse", "l1", ...
  static std::string suffix(int64_t layer, int direction);

 private:
  Output run(const Tensor& x, const Lengths* lengths, const State& first) const;
  void require_kinds(const Tensor& x, const Lengths* lengths, const State& first) const;
  /// Throws unless the first state is (L D, B, H), or (L D, H) of one sequence without a batch.
  void require_state(const State& first, const grus::Cell& cell, std::optional<int64_t> batch) const;
  const char* name_;
  RecurrentOptions layers_;
};

/// Recurrent<C> makes layers of a cell of one's own: C is a module and a Cell.
///
///   nn::Recurrent<MinimalGatedUnit> encoder({.input = 8, .hidden = 16, .layers = 2, .bidirectional = true});
///
/// Parameters are the cells': "l0.forget.weight", "l0_reverse.forget.weight", "l1.forget.weight" ...
template <class C>
class Recurrent : public Module<Recurrent<C>, RecurrentLayers> {
 public:
  /// Cells are made as C(input, hidden, rng).
  explicit Recurrent(RecurrentOptions given, Rng& rng = default_rng())
      : Recurrent(given, [&](int64_t input) { return C(input, given.hidden, rng); }) {}
  /// Cells are made by make(input), where `input` is the size of the layer's x.
  Recurrent(RecurrentOptions given, const std::function<C(int64_t input)>& make)
      : Module<Recurrent<C>, RecurrentLayers>("Recurrent", given), options(given) {
    for (int64_t layer = 0; layer < given.layers; ++layer)
      for (int direction = 0; direction < this->directions(); ++direction)
        cells_.push_back(this->child(this->suffix(layer, direction), make(this->input_of(layer))));
  }

  /// Gives the cell of a layer and direction (1: reverse).
  C& cell(int64_t layer, int direction = 0) { return cells_[this->index(layer, direction)]; }
  const C& cell(int64_t layer, int direction = 0) const { return cells_[this->index(layer, direction)]; }

  RecurrentOptions options;

 protected:
  RecurrentLayers::Cells cells() const override {
    RecurrentLayers::Cells all;
    for (const C& cell : cells_) all.emplace_back(std::shared_ptr<void>(), &cell);  // the module owns them
    return all;
  }

 private:
  std::vector<C> cells_;
};

/// Gives what the options of Gru, Lstm and Rnn say of layers of any cell.
template <class Options>
RecurrentOptions layers_of(const Options& o) {
  return {.input = o.input,
          .hidden = o.hidden,
          .layers = o.layers,
          .batch_first = o.batch_first,
          .dropout = o.dropout,
          .locked_dropout = o.locked_dropout,
          .bidirectional = o.bidirectional,
          .checkpoint = o.checkpoint,
          .residual = o.residual};
}

/// CellParameters are the parameters of one layer in one direction, with G gates.
struct CellParameters {
  Parameter weight_ih;  // (G H, I)
  Parameter weight_hh;  // (G H, H)
  Parameter bias_ih;    // (G H), or absent
  Parameter bias_hh;    // (G H), or absent
  operator RecurrentWeights() const { return {weight_ih, weight_hh, bias_ih, bias_hh}; }
};

/// Gru, Lstm and Rnn share PyTorch's parameters, which start from U(-1/sqrt(H), 1/sqrt(H)).
class RecurrentStack : public RecurrentLayers {
 public:
  /// Gives the parameters of a layer and direction (1: reverse).
  CellParameters& cell(int64_t layer, int direction = 0) { return parameters_[index(layer, direction)]; }
  const CellParameters& cell(int64_t layer, int direction = 0) const { return parameters_[index(layer, direction)]; }

 protected:
  RecurrentStack(const char* name, int64_t gates, bool bias, const RecurrentOptions& options, Rng& rng,
                 double weight_drop = 0);
  virtual std::shared_ptr<const grus::Cell> made_of(const RecurrentWeights& given) const = 0;
  Cells cells() const override;
  Tensor kind() const override { return cell(0).weight_ih.value(); }

 private:
  std::vector<CellParameters> parameters_;  // layer-major
  double weight_drop_;
};

/// GruCell and LstmCell share the parameters weight_ih, weight_hh, bias_ih and bias_hh. `scan` takes such modules, too.
class RecurrentCell : public ModuleBase, public grus::Cell {
 public:
  std::vector<int64_t> sizes() const override { return kept()->sizes(); }
  Tensor project(const Tensor& x) const override { return kept()->project(x); }
  Output step(const Tensor& x, const State& state) const override { return kept()->step(x, state); }
  std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first,
                              bool reverse) const override {
    return kept()->fused(x, lengths, first, reverse);
  }
  void check(const Tensor& x, const Lengths& lengths, const State& first) const override {
    kept()->check(x, lengths, first);
  }
  const char* name() const override { return name_; }

  CellParameters weights;

 protected:
  RecurrentCell(const char* name, int64_t gates, int64_t input, int64_t hidden, bool bias, Rng& rng);
  /// Throws ShapeError, DtypeError, DeviceError unless x is (B, I) or (I), and a state (B, H) or (H) beside it.
  void require_input(const Tensor& x) const;
  void require_state(const char* name, const Tensor& state, const Tensor& x) const;
  /// Returns the state, or zeros (B, H) where it is undefined.
  Tensor state_or_zeros(const Tensor& state, const Tensor& x) const;

 private:
  const char* name_;
};

}  // namespace grus::nn
