#pragma once
// One call runs a recurrence, whoever wrote its cell.
//
//   state_t, y_t = step(x_t, state_t-1)      t = 1 ... T of each sequence, or T ... 1 where it runs in reverse
//
// A cell says what one step does. `scan` does the rest: ragged batches, both directions, layers, dropout between them,
// activation checkpointing. Finished sequences cost nothing: a step sees only the rows that are still alive.
// Sources: scan.cpp, scan_loop.cpp, scan_parts.h.
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor/lengths.h"
#include "ops/sequence/attention.h"

namespace grus {

/// A recurrence carries its State from one step to the next. Each tensor is (B, H), a row for each sequence, and
/// (L D, B, H) for L layers in D directions. In a first state an undefined tensor stands for zeros.
struct State {
  Tensor h;                    // the hidden state, which most cells give out as well
  Tensor c;                    // the memory of an LSTM, or the second tensor of another cell
  std::vector<Tensor> others;  // the third and further tensors

  State() = default;
  State(Tensor first, Tensor second = {}, std::vector<Tensor> more = {})
      : h(std::move(first)), c(std::move(second)), others(std::move(more)) {}
  /// Gives the k-th tensor of h, c, others[0], ...; undefined where there is none.
  const Tensor& operator[](size_t k) const;
  /// Gives the name of the k-th tensor, for messages: "h", "c", "others[0]".
  static std::string name_of(size_t k);
  /// Gives the values, which no tape follows, for the next chunk of a long text.
  State detach() const;
};

/// A recurrence gives this, and so does one step of it.
struct [[nodiscard]] Output {
  Tensor y;                   // every step's output: (N, H) packed, (T, B, H) padded with zeros, (B, H) for one step
  State state;                // the last state of each sequence, in the caller's order
  AttentionOutput attention;  // every step's context and alignments, as y; undefined where the cell does not attend

  Output() = default;
  /// Makes the output of a cell that gives out its h.
  Output(State last) : y(last.h), state(std::move(last)) {}
  Output(const Tensor& h) : Output(State(h)) {}
  Output(Tensor out, State last, AttentionOutput attended = {})
      : y(std::move(out)), state(std::move(last)), attention(std::move(attended)) {}
};

/// A recurrent cell says what one step does. A new one overrides `sizes` and `step`, and may be a module as well:
///
///   class MinimalGatedUnit : public nn::Module<MinimalGatedUnit>, public Cell { ... };
class Cell {
 public:
  virtual ~Cell() = default;

  /// Gives the size H of each of the state's tensors: {H} for a GRU, {H, H} for an LSTM.
  virtual std::vector<int64_t> sizes() const = 0;
  /// Computes one step in ops: x (B, I) as `project` left it, state (B, H) -> y (B, H'), next state. B shrinks as
  /// sequences end; row i belongs to the i-th longest sequence (lengths.order()[i]).
  virtual Output step(const Tensor& x, const State& state) const = 0;

  /// Computes for all steps at once what does not depend on the state, say W x + b: x (N, I) -> (N, P). Default: x.
  virtual Tensor project(const Tensor& x) const { return x; }
  /// Runs all steps over packed rows, where the cell can do so faster than step by step; gives nothing elsewhere.
  virtual std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const;
  /// Throws unless x, packed (N, I) or padded (T, B, I), and the first state (B, H) fit.
  virtual void check(const Tensor& x, const Lengths& lengths, const State& first) const;
  /// Gives a copy that a tape can keep for `checkpoint`; null for a cell that lives until backward is done, as a module
  /// does.
  virtual std::shared_ptr<const Cell> kept() const { return nullptr; }
  /// Gives the word that its errors begin with.
  virtual const char* name() const { return "scan"; }

 protected:
  Cell() = default;
  Cell(const Cell&) = default;
  Cell& operator=(const Cell&) = default;
};

struct ScanOptions {
  bool reverse = false;    // run each sequence from its own last step to its first
  int64_t checkpoint = 0;  // keep the states of every `checkpoint` steps and compute the others again; 0: keep all
};

/// Runs a cell over sequences: x (N, I), packed by `lengths`, or padded (T, B, I), whose y is zero past the lengths; a
/// first state (B, H) in the caller's order. With `checkpoint` a user's cell must live until backward is done. Throws
/// ShapeError, DtypeError, UsageError.
Output scan(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first = {},
            const ScanOptions& options = {});
/// Runs a cell over sequences of one length: x (T, B, I).
Output scan(const Cell& cell, const Tensor& x, const State& first = {}, const ScanOptions& options = {});
/// The composed twin of scan goes step by step, whatever fused loop the cell has.
Output scan_composed(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first = {},
                     const ScanOptions& options = {});

struct LayersOptions {
  bool bidirectional = false;  // cells 2 l and 2 l + 1 are layer l's: forward and reverse, their y side by side
  double dropout = 0;          // the rate between layers; draws from default_rng()
  bool locked = false;         // draw one mask for all steps of a sequence (Gal and Ghahramani 2016)
  int64_t checkpoint = 0;      // ScanOptions::checkpoint of every layer
  // y_l = x_l + layer(dropout(x_l)) from the second layer on (Wu et al. 2016, arXiv 1609.08144, section 3.1).
  bool residual = false;
  bool upper = false;  // x comes from a layer: dropout and residual connections begin with the first one here
};

/// Runs layers of cells, each over the y of the one below. States are (L D, B, H), in the order of the cells.
Output scan(std::span<const Cell* const> cells, const Tensor& x, const Lengths& lengths, const State& first = {},
            const LayersOptions& options = {});

}  // namespace grus
