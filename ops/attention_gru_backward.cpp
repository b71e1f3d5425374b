#include <optional>

#include "core/tensor/raw.h"
#include "ops/accumulate.h"
#include "ops/attention_gru_parts.h"
#include "ops/twin.h"

namespace grus {
namespace {

using recurrence::StepRows;
using Sizes = AttentionGruSizes;
using Inputs = AttentionGruInputs;
using Kept = AttentionGruKept;

AttentionGruWeights saved_weights(const Saved& s, GruForm form) {
  using I = Inputs;
  return {{s[I::first_ih], s[I::first_hh], s[I::first_bias_ih], s[I::first_bias_hh]},
          {s[I::second_ih], s[I::second_hh], s[I::second_bias_ih], s[I::second_bias_hh]},
          s[I::query_weight],
          s[I::query_bias],
          s[I::v],
          form};
}

/// A BackwardLoop computes the gradients of every row in a reverse loop, and after it those of the weights, from all
/// rows at once.
class BackwardLoop {
 public:
  BackwardLoop(const Saved& s, Grads& dx, const Lengths& targets, const Lengths& sources, const AttentionRows& rows,
               GruForm form)
      : device_(s[Inputs::x].device()),
        s_(s),
        dx_(dx),
        targets_(targets),
        w_(saved_weights(s, form)),
        memory_{s[Inputs::keys], s[Inputs::values], sources},
        rows_(rows),
        n_{s[Inputs::x].dim(1), w_.second.weight_hh.dim(1), w_.v.dim(0), memory_.values.dim(1)},
        second_(w_.second.weight_hh, w_.second.bias_hh, form, targets.batch()) {
    const Tensor& x = s[Inputs::x];
    const auto empty = [&x](int64_t cols) { return Tensor::empty({x.dim(0), cols}, x.dtype(), x.device()); };
    const auto zeros_like = [](const Tensor& t) { return Tensor::zeros(t.shape(), t.dtype(), t.device()); };
    second_rows_.gates = s[Kept::gates_second];
    second_rows_.product = s[Kept::product_second];
    const bool two = form.reset == Reset::after;  // dgh differs from dgx only there
    dgx_second_ = empty(3 * n_.hidden);
    dgh_second_ = two ? empty(3 * n_.hidden) : dgx_second_;
    if (w_.conditional()) {
      first_.emplace(w_.first.weight_hh, w_.first.bias_hh, form, targets.batch());
      first_rows_.gates = s[Kept::gates_first];
      first_rows_.product = s[Kept::product_first];
      dgx_first_ = empty(3 * n_.hidden);
      dgh_first_ = two ? empty(3 * n_.hidden) : dgx_first_;
    }
    dqueries_ = empty(n_.attention);
    dcontexts_ = Tensor::empty({targets.batch(), n_.context}, x.dtype(), x.device());
    dkeys_ = zeros_like(memory_.keys);
    dvalues_ = zeros_like(memory_.values);
    dv_ = Tensor::zeros({targets.batch(), n_.attention}, x.dtype(), x.device());
    dh_ = Tensor::zeros({targets.batch(), n_.hidden}, x.dtype(), x.device());
    if (w_.conditional()) all_.first = whole(s[Kept::previous], first_rows_, Tensor(), dgx_first_, dgh_first_);
    all_.second = whole(s[Kept::middle], second_rows_, dx.dy(0), dgx_second_, dgh_second_);
    all_.dy_contexts = launch::matrix_of(dx.dy(1));
    all_.dy_alignments = launch::matrix_of(dx.dy(2));
    all_.dqueries = Raw::write_matrix(dqueries_);
    all_.dcontexts = Raw::write_matrix(dcontexts_);
    all_.dkeys = Raw::write_matrix(dkeys_);
    all_.dvalues = Raw::write_matrix(dvalues_);
    all_.dv = Raw::write_matrix(dv_);
  }

  void run() {
    recurrence::in_parts(device_, targets_, [this](recurrence::Ranks ranks) {
      recurrence::for_each_step(targets_, true, ranks, [&](int64_t, StepRows part) { step(part, ranks.first); });
    });
    add_gradients();
  }

 private:
  GruBackward whole(const Tensor& h, const GruRows& rows, const Tensor& dy, Tensor& dgx, Tensor& dgh) {
    return {Raw::matrix(h),         Raw::matrix(rows.gates), Raw::matrix(rows.product), launch::matrix_of(dy),
            Raw::write_matrix(dgx), Raw::write_matrix(dgh),  Raw::write_matrix(dh_)};
  }

  /// Computes the rows of a step. `first` is the first rank of the part, whose row of dv_ is the part's own.
  void step(StepRows part, int64_t first) {
    const Matrix dh = part.of_ranks(all_.second.dh), dcontext = part.of_ranks(all_.dcontexts);
    second_.backward(all_.second, part);
    launch::affine(device_, dcontext, part.of(all_.second.dgx), context_weight(w_, n_), {}, part.of(all_.dy_contexts),
                   true);
    AttentionBackwardArgs args{};
    args.forward =
        attention_of(part, memory_, rows_, w_.v, Raw::matrix(s_[Kept::queries]), Raw::matrix(s_[Kept::alignments]), {});
    args.dcontext = dcontext;
    args.dweights = part.of(all_.dy_alignments);
    args.dquery = part.of(all_.dqueries);
    args.dkeys = all_.dkeys;
    args.dvalues = all_.dvalues;
    args.dv = launch::rows_of(all_.dv, first, first + 1);
    device_.check(device_.kernels().attention_backward(device_.context(), args), "attention backward");
    multiply_by_weight(device_, dh, args.dquery, Raw::matrix(w_.query_weight), {}, 1);
    if (w_.conditional()) first_->backward(all_.first, part);
  }

  void add_gradients() {
    using I = Inputs;
    const Tensor &x = s_[I::x], &contexts = s_[Kept::contexts], &middle = s_[Kept::middle];
    const Tensor& dgx_word = w_.conditional() ? dgx_first_ : dgx_second_;
    const Matrix word_weight = w_.conditional() ? Raw::matrix(w_.first.weight_ih)
                                                : launch::columns_of(Raw::matrix(w_.second.weight_ih), 0, n_.input);
    if (dx_.wanted(I::x)) {
      Tensor dword = Tensor::empty(x.shape(), x.dtype(), x.device());
      multiply_by_weight(dword, dgx_word, word_weight, {}, 0);
      dx_.add(I::x, dword);
    }
    if (dx_.wanted(I::h0)) dx_.add(I::h0, gathered_rows(dh_, targets_.rank_tensor()));
    dx_.add(I::keys, dkeys_);
    dx_.add(I::values, dvalues_);
    add_sum_of_rows(dx_, I::v, dv_);
    // The order frees rows before the largest gradients are made, as memory peaks here.
    if (dx_.wanted(I::query_weight)) add_product(dx_, I::query_weight, dqueries_, middle, {.transpose_a = true});
    add_sum_of_rows(dx_, I::query_bias, dqueries_);
    dqueries_ = {};
    second_.add_weight_gradients(dx_, I::second_hh, I::second_bias_hh, middle, second_rows_, dgx_second_, dgh_second_);
    dgh_second_ = {};
    if (w_.conditional()) {
      first_->add_weight_gradients(dx_, I::first_hh, I::first_bias_hh, s_[Kept::previous], first_rows_, dgx_first_,
                                   dgh_first_);
      dgh_first_ = {};
      add_sum_of_rows(dx_, I::first_bias_ih, dgx_first_);
    }
    add_sum_of_rows(dx_, I::second_bias_ih, dgx_second_);
    add_weight_gradient(dx_, w_.conditional() ? I::first_ih : I::second_ih, 0, 0, Raw::matrix(dgx_word),
                        Raw::matrix(x));
    add_weight_gradient(dx_, I::second_ih, 0, w_.conditional() ? 0 : n_.input, Raw::matrix(dgx_second_),
                        Raw::matrix(contexts));
  }

  const Device device_;
  const Saved& s_;
  Grads& dx_;
  const Lengths& targets_;
  const AttentionGruWeights w_;
  const AttentionMemory memory_;
  const AttentionRows& rows_;
  const Sizes n_;
  std::optional<GruStep> first_;
  GruStep second_;
  GruRows first_rows_, second_rows_;
  Tensor dgx_first_, dgh_first_, dgx_second_, dgh_second_, dqueries_, dcontexts_, dkeys_, dvalues_, dh_;
  Tensor dv_;  // (B, A): a part of the loop adds to the row of its first rank
  /// Matrices of all these buffers, of which a step takes its rows.
  struct {
    GruBackward first, second;
    Matrix dy_contexts, dy_alignments, dqueries, dcontexts, dkeys, dvalues, dv;
  } all_;
};

}  // namespace

void backward_attention_gru(const Saved& s, Grads& dx, const Lengths& targets, const Lengths& sources,
                            const AttentionRows& rows, GruForm form) {
  using I = Inputs;
  if (!dx.recording()) return BackwardLoop(s, dx, targets, sources, rows, form).run();
  differentiate_twin(
      dx,
      {s[I::x], s[I::h0], s[I::keys], s[I::values], s[I::first_ih], s[I::first_hh], s[I::first_bias_ih],
       s[I::first_bias_hh], s[I::second_ih], s[I::second_hh], s[I::second_bias_ih], s[I::second_bias_hh],
       s[I::query_weight], s[I::query_bias], s[I::v]},
      [&] {
        const cells::AttentionGru cell({s[I::keys], s[I::values], sources}, saved_weights(s, form), targets);
        const Output twin = scan_composed(cell, s[I::x], targets, s[I::h0]);
        return std::vector{twin.y, twin.attention.context, twin.attention.weights};
      });
}

}  // namespace grus
