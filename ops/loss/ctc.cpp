#include "ops/loss/ctc.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/record/record.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/twin.h"
#include "ops/loss/loss_parts.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"

namespace grus {
namespace {

const Op ctc_loss_op("ctc_loss");
constexpr const char* op = "ctc_loss";
constexpr double infinity = std::numeric_limits<double>::infinity();

using Ints = std::vector<int64_t>;

/// What a call says of its sequences, checked: where each one's labels begin, and the longest.
struct Sequences {
  Ints starts;
  int64_t longest = 0;
};

void require_lengths(const char* what, const Ints& lengths, int64_t batch, int64_t most) {
  require(static_cast<int64_t>(lengths.size()) == batch, "[{}] need {} for each of {} sequences, got {}", op, what,
          batch, lengths.size());
  for (const int64_t length : lengths)
    require<UsageError>(length >= 0 && length <= most, "[{}] need {} in [0, {}], got {}", op, what, most, length);
}

Sequences check(const Tensor& log_probs, const Tensor& labels, const Ints& steps, const Ints& lengths,
                const CtcLossOptions& options) {
  require_float(op, log_probs);
  require(log_probs.rank() == 3, "[{}] need log_probs (T, B, C), got {}", op, log_probs.shape());
  require<UsageError>(labels.defined(), "[{}] need labels, got an undefined tensor", op);
  require_device_of(op, log_probs, labels, "labels");
  const int64_t batch = log_probs.dim(1), classes = log_probs.dim(2);
  require<UsageError>(options.blank >= 0 && options.blank < classes, "[{}] need a blank in [0, {}), got {}", op,
                      classes, options.blank);
  require_lengths("step lengths", steps, batch, log_probs.dim(0));
  const bool padded = labels.rank() == 2;
  require_lengths("label lengths", lengths, batch, padded ? labels.dim(1) : labels.numel());
  Sequences all;
  int64_t total = 0;
  for (size_t b = 0; b < lengths.size(); ++b) {
    all.starts.push_back(padded ? static_cast<int64_t>(b) * labels.dim(1) : total);
    total += lengths[b];
    all.longest = std::max(all.longest, lengths[b]);
  }
  require(padded ? labels.dim(0) == batch : labels.rank() == 1 && labels.numel() == total,
          "[{}] need labels (B, L) or ({}), the sum of their lengths, for {} sequences, got {}", op, total, batch,
          labels.shape());
  require_ids(op, labels, classes, std::nullopt, "labels");
  return all;
}

Tensor on_device(const Ints& values, const Tensor& like) { return Tensor::from(values, like.device()); }

/// Returns losses (B) by the kernel; gradient (T, B, C) is written where it is defined.
Tensor run_kernel(const Tensor& log_probs, const Tensor& labels, const Tensor& starts, const Tensor& label_lengths,
                  const Tensor& step_lengths, Tensor& gradient, int64_t blank, int64_t longest) {
  const Device device = log_probs.device();
  const int64_t batch = log_probs.dim(1);
  Tensor losses = Tensor::empty({batch}, log_probs.dtype(), device);
  if (batch == 0) return losses;
  CtcArgs args{};
  args.log_probs = Raw::matrix(log_probs);
  if (labels.numel() > 0) args.labels = launch::column(labels);
  else args.labels = launch::column(starts);  // nothing reads it
  args.label_starts = launch::column(starts);
  args.label_lengths = launch::column(label_lengths);
  args.step_lengths = launch::column(step_lengths);
  args.losses = launch::write_column(losses);
  if (gradient.defined()) args.gradient = Raw::write_matrix(gradient);
  args.batch = batch;
  args.blank = blank;
  args.longest = longest;
  device.check(device.kernels().ctc(device.context(), args), op);
  return losses;
}

/// Puts a blank before, between and behind the labels: (B, 2 L + 1). What is behind a sequence's own is blank, too.
Tensor with_blanks(const Tensor& labels, const Ints& starts, const Ints& lengths, int64_t longest, int64_t blank) {
  const Ints all = cast(labels, DType::i64).to_vector<int64_t>();
  const auto width = static_cast<size_t>(2 * longest + 1);
  Ints states(lengths.size() * width, blank);
  for (size_t b = 0; b < lengths.size(); ++b)
    for (size_t k = 0; k < static_cast<size_t>(lengths[b]); ++k)
      states[b * width + 2 * k + 1] = all[static_cast<size_t>(starts[b]) + k];
  return Tensor::from(states, {static_cast<int64_t>(lengths.size()), static_cast<int64_t>(width)}, labels.device());
}

/// Moves the states of x (B, S) on by `by`, with -inf before the first.
Tensor behind(const Tensor& x, int64_t by) {
  if (x.dim(1) <= by) return Tensor::full(x.shape(), -infinity, x.dtype(), x.device());
  return pad(slice(x, 1, 0, x.dim(1) - by), {{by, 0}}, -infinity);
}

/// Returns losses (B) in plain ops.
Tensor forward_sums(const Tensor& log_probs, const Tensor& states, const Ints& steps, const Ints& lengths) {
  const int64_t batch = log_probs.dim(1), width = states.dim(1);
  const Device device = log_probs.device();
  const Tensor place = Tensor::arange(0, width, device);
  // A label may follow the label before it unless they are equal; blanks have even places.
  Tensor skips = Tensor::full({batch, width}, 0, DType::boolean, device);
  if (width > 2) {
    const Tensor differs = not_equal(slice(states, 1, 2), slice(states, 1, 0, width - 2));
    const Tensor odd = equal(remainder(place, 2), 1.0);
    skips = logical_and(pad(differs, {{2, 0}}, 0), broadcast_to(odd, {batch, width}));
  }
  const Tensor length = on_device(steps, log_probs).reshape({batch, 1});
  const Tensor last = on_device(lengths, log_probs).reshape({batch, 1}) * 2.0;
  // Before the first step all stands in front of state 0, from which states 0 and 1 follow.
  Tensor alpha = Tensor::full({batch, width}, -infinity, log_probs.dtype(), device);
  for (int64_t t = 0; t < log_probs.dim(0); ++t) {
    Tensor next;
    if (t == 0) next = broadcast_to(where(place < 2.0, 0.0, slice(alpha, 0, 0, 1)), {batch, width});
    else next = logsumexp(stack({alpha, behind(alpha, 1), where(skips, behind(alpha, 2), -infinity)}), 0);
    next = next + gather(log_probs[t], 1, states);
    alpha = where(length > static_cast<double>(t), next, alpha);
  }
  const Tensor ends = logical_or(equal(place, last), equal(place, last - 1.0));
  const Tensor loss = -logsumexp(where(ends, alpha, -infinity), 1);
  // Without steps there is one alignment of no labels, and none of any.
  Ints nothing(steps.size());
  for (size_t b = 0; b < steps.size(); ++b) nothing[b] = steps[b] == 0 && lengths[b] == 0;
  return where(equal(on_device(nothing, log_probs), 1.0), 0.0, loss);
}

Tensor reduced(Tensor losses, const Ints& lengths, const CtcLossOptions& options) {
  if (options.zero_infinity) losses = where(equal(losses, infinity), 0.0, losses);
  if (options.reduction != Reduction::mean) return loss_parts::reduced(op, losses, options.reduction);
  std::vector<double> counts;
  for (const int64_t length : lengths) counts.push_back(static_cast<double>(std::max<int64_t>(1, length)));
  const Tensor divisors = cast(Tensor::from(counts, losses.device()), losses.dtype());
  return loss_parts::reduced(op, losses / divisors, Reduction::mean);
}

}  // namespace

Tensor ctc_loss_composed(const Tensor& log_probs, const Tensor& labels, const Ints& steps, const Ints& lengths,
                         const CtcLossOptions& options) {
  const Sequences all = check(log_probs, labels, steps, lengths, options);
  const Tensor states = with_blanks(labels, all.starts, lengths, all.longest, options.blank);
  return reduced(forward_sums(log_probs, states, steps, lengths), lengths, options);
}

Tensor ctc_loss(const Tensor& log_probs, const Tensor& labels, const Ints& steps, const Ints& lengths,
                const CtcLossOptions& options) {
  const Sequences all = check(log_probs, labels, steps, lengths, options);
  if (!fused_kernels_wanted() || !log_probs.device().kernels().ctc)
    return ctc_loss_composed(log_probs, labels, steps, lengths, options);
  const Tensor ids = cast(labels, DType::i64), starts = on_device(all.starts, log_probs);
  const Tensor label_lengths = on_device(lengths, log_probs), step_lengths = on_device(steps, log_probs);
  const bool tracked = Tape::active() && Tape::active()->tracks(log_probs);
  Tensor gradient = tracked ? empty_like(log_probs) : Tensor();
  const int64_t blank = options.blank;
  const Tensor losses = run_kernel(log_probs, ids, starts, label_lengths, step_lengths, gradient, blank, all.longest);
  const Tensor y = record(
      ctc_loss_op, {exact(log_probs), ids, starts, label_lengths, step_lengths, exact(gradient)}, losses,
      [blank](const Tensor& dy, SavedInput log_probs, const Tensor& ids, const Tensor& starts,
              const Tensor& label_lengths, const Tensor& step_lengths, const Tensor& gradient) {
        if (!log_probs.recording()) return log_probs.add(gradient * dy.reshape({1, dy.numel(), 1}));
        const Ints lengths = label_lengths.to_vector<int64_t>();
        const int64_t longest = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
        const Tensor states = with_blanks(ids, starts.to_vector<int64_t>(), lengths, longest, blank);
        differentiate_twin({log_probs}, [&] {
          return std::vector<Tensor>{forward_sums(log_probs.value, states, step_lengths.to_vector<int64_t>(), lengths)};
        });
      });
  return reduced(y, lengths, options);
}

}  // namespace grus
