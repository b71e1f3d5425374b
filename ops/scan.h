#pragma once
// Recurrences: one call for every cell, whoever wrote it.
//
//   state_t, y_t = step(x_t, state_t-1)      t = 1 ... T of each sequence, or T ... 1 where it runs in reverse
//
// A cell says what one step does. `scan` does the rest: ragged batches, both directions, layers, dropout between them,
// activation checkpointing. Finished sequences cost nothing: a step sees only the rows that are still alive.
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor/lengths.h"
#include "ops/attention.h"

namespace grus {

/// What a recurrence carries from one step to the next, a row for each sequence: (B, H); of L layers in D directions
/// (L D, B, H). In a first state an undefined tensor stands for zeros.
struct State {
  Tensor h;                    // a GRU's, an LSTM's, a plain network's: what goes out, too
  Tensor c;                    // an LSTM's memory, or the second tensor of any other cell
  std::vector<Tensor> others;  // the third and further ones

  State() = default;
  State(Tensor first, Tensor second = {}, std::vector<Tensor> more = {})
      : h(std::move(first)), c(std::move(second)), others(std::move(more)) {}
  /// The k-th tensor: h, c, others[0], ...; undefined where there is none.
  const Tensor& operator[](size_t k) const;
  /// The same values, which no tape follows: for training on one chunk of a long text after another.
  State detach() const;
};

/// What a recurrence gives; one step of it, too.
struct [[nodiscard]] Output {
  Tensor y;                   // what goes out of each step: (N, H) packed, (T, B, H) padded with zeros, or (B, H)
  State state;                // each sequence's last one, in the caller's order
  AttentionOutput attention;  // of a cell that attends: contexts and alignments of each step, packed or padded as y

  Output() = default;
  /// Of a cell whose h goes out.
  Output(State last) : y(last.h), state(std::move(last)) {}
  Output(const Tensor& h) : Output(State(h)) {}
  Output(Tensor out, State last, AttentionOutput attended = {})
      : y(std::move(out)), state(std::move(last)), attention(std::move(attended)) {}
};

/// A recurrent cell. Whoever writes one overrides `sizes` and `step`; a module may be one as well:
///
///   class MinimalGatedUnit : public nn::Module<MinimalGatedUnit>, public Cell { ... };
class Cell {
 public:
  virtual ~Cell() = default;

  /// The sizes H of the state's tensors: {H} of a GRU, {H, H} of an LSTM.
  virtual std::vector<int64_t> sizes() const = 0;
  /// One step, in ops: x (B, I) or what `project` made of it, state (B, H) -> y (B, H'), the next state. B shrinks as
  /// sequences end: row i is that of the i-th longest one (lengths.order()[i]).
  virtual Output step(const Tensor& x, const State& state) const = 0;

  /// What does not depend on the state, made for all steps at once: x (N, I) -> (N, P), say W x + b. The default is x.
  virtual Tensor project(const Tensor& x) const { return x; }
  /// All steps over packed rows, where the cell has something faster than one step after another; or nothing.
  virtual std::optional<Output> fused(const Tensor& x, const Lengths& lengths, const State& first, bool reverse) const;
  /// Throws unless x, packed (N, I) or padded (T, B, I), and the first state (B, H) fit.
  virtual void check(const Tensor& x, const Lengths& lengths, const State& first) const;
  /// A copy that a tape can keep for `checkpoint`; null: the cell itself lives until backward is done, as a module
  /// does.
  virtual std::shared_ptr<const Cell> kept() const { return nullptr; }
  /// How its errors begin.
  virtual const char* name() const { return "scan"; }

 protected:
  Cell() = default;
  Cell(const Cell&) = default;
  Cell& operator=(const Cell&) = default;
};

struct ScanOptions {
  bool reverse = false;  // each sequence from its own last step to its first
  int64_t checkpoint =
      0;  // keep the states of every so many steps, and compute all else again in backward; 0: keep all
};

/// x (N, I), packed by `lengths`, or padded (T, B, I), whose y is zero past the lengths. first: (B, H), in the caller's
/// order. With `checkpoint` the cell must live until backward is done (those of ops keep themselves). Throws
/// ShapeError, DtypeError, UsageError.
Output scan(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first = {},
            const ScanOptions& options = {});
/// All sequences of length T: x (T, B, I).
Output scan(const Cell& cell, const Tensor& x, const State& first = {}, const ScanOptions& options = {});
/// The composed twin of scan: step after step, whatever fused loop the cell has.
Output scan_composed(const Cell& cell, const Tensor& x, const Lengths& lengths, const State& first = {},
                     const ScanOptions& options = {});

struct LayersOptions {
  bool bidirectional = false;  // cells 2 l and 2 l + 1 are layer l's: forward and reverse, their y side by side
  double dropout = 0;          // of what goes from layer to layer; draws from default_rng()
  bool locked = false;         // one mask for all steps of a sequence (Gal and Ghahramani 2016)
  int64_t checkpoint = 0;      // as ScanOptions has it
};

/// Layers of cells, each over the y of the one below. States are (L D, B, H), in the order of the cells.
Output scan(std::span<const Cell* const> cells, const Tensor& x, const Lengths& lengths, const State& first = {},
            const LayersOptions& options = {});

}  // namespace grus
