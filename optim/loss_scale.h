#pragma once
// Loss scaling (Micikevicius et al. 2018, "Mixed Precision Training"): a loss is multiplied before backward(), so that
// small gradients do not become 0 in f16, and gradients are divided by the same number before they are clipped.
//
//   optim::LossScaler scaler;                              // dynamic, begins at 1,024
//   tape.backward(scaler.scaled(loss));
//   const Tensor norm = grad_norm(parameters) * (1 / scaler.scale());
//   const double scale = scaler.scale();                   // update() may change it
//   if (scaler.update(is_finite(norm))) adam.step(clip_scale(norm, 1) * (1 / scale));   // otherwise a skipped step
//   adam.zero_grad();
//
// training::fit does this where FitOptions::loss_scale is given.
#include <optional>
#include <string_view>

#include "core/device/precision.h"
#include "core/tensor/tensor.h"

namespace grus::optim {

struct LossScaleOptions {
  bool dynamic = true;      // false: `first` stays
  double first = 1024;      // at least 1
  double factor = 2;        // by which the scale grows and falls; powers of two change no bit of a gradient
  int64_t window = 2000;    // updates one after another without an overflow behind which it grows
  int64_t most_skips = 20;  // overflows one after another that are no longer taken for the scale's
};

/// Where a scaler stands: all that an exact resume needs.
struct LossScale {
  double scale = 1024;
  int64_t sound = 0;      // updates since the scale last changed or a step was skipped
  int64_t skipped = 0;    // steps, in all
  int64_t in_a_row = 0;   // skipped steps since the last update
  bool hopeless = false;  // the last overflow was not the scale's
};

class LossScaler {
 public:
  /// Throws UsageError for an option out of range.
  explicit LossScaler(const LossScaleOptions& options = {});

  double scale() const { return now_.scale; }
  /// Returns loss * scale.
  Tensor scaled(const Tensor& loss) const;
  /// Says whether loss and gradients of a step were finite; returns whether the weights are to be updated. A dynamic
  /// scale falls by `factor`, to 1 at least, at an overflow, and grows behind `window` updates, to 2^24 at most.
  bool update(bool finite);
  /// Tells whether the step that was just skipped shows a true NaN: it came at a scale of 1, or was the last of
  /// most_skips one after another.
  bool is_hopeless() const { return now_.hopeless; }
  const LossScale& state() const { return now_; }
  /// Goes on from a saved state; a static scale stays what the options say. Throws DataError for numbers out of range.
  void load_state(const LossScale& saved);

 private:
  const LossScaleOptions options_;
  LossScale now_;
};

/// Tells whether all elements are finite, with one wait for the device.
bool is_finite(const Tensor& x);

/// Reads "dynamic", a static scale of at least 1 (1 is none), or "auto": dynamic in f16, else none. Throws UsageError
/// for other words.
std::optional<LossScaleOptions> loss_scale_of(std::string_view word, Precision precision);

}  // namespace grus::optim
