#include <optional>

#include "core/tensor/raw.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"
#include "ops/math/accumulate.h"
#include "ops/sequence/attention_gru_parts.h"

namespace grus {
namespace {

using recurrence::StepRows;
using Sizes = AttentionGruSizes;

/// A BackwardLoop computes the gradients of every row in a reverse loop, and after it those of the weights, from all
/// rows at once.
class BackwardLoop {
 public:
  BackwardLoop(const AttentionGruRecord& record, const Lengths& targets, const Lengths& sources,
               const AttentionRows& rows, GruForm form)
      : device_(record.x.value.device()),
        record_(record),
        targets_(targets),
        w_(record.weights(form)),
        memory_{record.keys.value, record.values.value, sources},
        rows_(rows),
        n_{record.x.value.dim(1), w_.second.weight_hh.dim(1), w_.v.dim(0), memory_.values.dim(1)},
        second_(w_.second.weight_hh, w_.second.bias_hh, form, targets.batch()) {
    const Tensor& x = record.x.value;
    const auto empty = [&x](int64_t cols) { return Tensor::empty({x.dim(0), cols}, x.dtype(), x.device()); };
    const auto zeros_like = [](const Tensor& t) { return Tensor::zeros(t.shape(), t.dtype(), t.device()); };
    const bool two = form.reset == Reset::after;  // dgh differs from dgx only there
    dgx_second_ = record.x.grads().in_place_of(record.second_rows.gates);
    dgh_second_ = two ? empty(3 * n_.hidden) : dgx_second_;
    if (w_.conditional()) {
      first_.emplace(w_.first.weight_hh, w_.first.bias_hh, form, targets.batch());
      dgx_first_ = record.x.grads().in_place_of(record.first_rows.gates);
      dgh_first_ = two ? empty(3 * n_.hidden) : dgx_first_;
    }
    dqueries_ = empty(n_.attention);
    dcontexts_ = Tensor::empty({targets.batch(), n_.context}, x.dtype(), x.device());
    dkeys_ = zeros_like(memory_.keys);
    dvalues_ = zeros_like(memory_.values);
    dv_ = Tensor::zeros({targets.batch(), n_.attention}, x.dtype(), x.device());
    dh_ = Tensor::zeros({targets.batch(), n_.hidden}, x.dtype(), x.device());
    if (w_.conditional()) all_.first = whole(record.previous, record.first_rows, Tensor(), dgx_first_, dgh_first_);
    all_.second = whole(record.middle, record.second_rows, record.dstates, dgx_second_, dgh_second_);
    all_.dy_contexts = launch::matrix_of(record.dcontexts);
    all_.dy_alignments = launch::matrix_of(record.dalignments);
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
  GruBackward whole(const Tensor& h, const SavedGruRows& rows, const Tensor& dy, Tensor& dgx, Tensor& dgh) {
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
        attention_of(part, memory_, rows_, w_.v, Raw::matrix(record_.queries), Raw::matrix(record_.alignments), {});
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
    const AttentionGruRecord& in = record_;
    const Tensor &x = in.x.value, &dgx_word = w_.conditional() ? dgx_first_ : dgx_second_;
    const Matrix word_weight = w_.conditional() ? Raw::matrix(w_.first.weight_ih)
                                                : launch::columns_of(Raw::matrix(w_.second.weight_ih), 0, n_.input);
    if (in.x.wanted()) {
      Tensor dword = Tensor::empty(x.shape(), x.dtype(), x.device());
      multiply_by_weight(dword, dgx_word, word_weight, {}, 0);
      in.x.add(dword);
    }
    if (in.h0.wanted()) in.h0.add(gathered_rows(dh_, targets_.rank_tensor()));
    in.keys.add(dkeys_);
    in.values.add(dvalues_);
    add_sum_of_rows(in.v, dv_);
    // The order frees rows before the largest gradients are made, as memory peaks here.
    if (in.query_weight.wanted()) add_product(in.query_weight, dqueries_, in.middle, {.transpose_a = true});
    add_sum_of_rows(in.query_bias, dqueries_);
    dqueries_ = {};
    second_.add_weight_gradients(in.second.weight_hh, in.second.bias_hh, in.middle, in.second_rows, dgx_second_,
                                 dgh_second_);
    dgh_second_ = {};
    if (w_.conditional()) {
      first_->add_weight_gradients(in.first.weight_hh, in.first.bias_hh, in.previous, in.first_rows, dgx_first_,
                                   dgh_first_);
      dgh_first_ = {};
      add_sum_of_rows(in.first.bias_ih, dgx_first_);
    }
    add_sum_of_rows(in.second.bias_ih, dgx_second_);
    add_weight_gradient(w_.conditional() ? in.first.weight_ih : in.second.weight_ih, 0, 0, Raw::matrix(dgx_word),
                        Raw::matrix(x));
    add_weight_gradient(in.second.weight_ih, 0, w_.conditional() ? 0 : n_.input, Raw::matrix(dgx_second_),
                        Raw::matrix(in.contexts));
  }

  const Device device_;
  const AttentionGruRecord& record_;
  const Lengths& targets_;
  const AttentionGruWeights w_;
  const AttentionMemory memory_;
  const AttentionRows& rows_;
  const Sizes n_;
  std::optional<GruStep> first_;
  GruStep second_;
  Tensor dgx_first_, dgh_first_, dgx_second_, dgh_second_, dqueries_, dcontexts_, dkeys_, dvalues_, dh_;
  Tensor dv_;  // (B, A): a part of the loop adds to the row of its first rank
  /// Matrices of all these buffers, of which a step takes its rows.
  struct {
    GruBackward first, second;
    Matrix dy_contexts, dy_alignments, dqueries, dcontexts, dkeys, dvalues, dv;
  } all_;
};

}  // namespace

void backward_attention_gru(const AttentionGruRecord& record, const Lengths& targets, const Lengths& sources,
                            const AttentionRows& rows, GruForm form) {
  const AttentionGruRecord& in = record;
  if (!in.x.recording()) return BackwardLoop(record, targets, sources, rows, form).run();
  differentiate_twin(
      {in.x, in.h0, in.keys, in.values, in.first.weight_ih, in.first.weight_hh, in.first.bias_ih, in.first.bias_hh,
       in.second.weight_ih, in.second.weight_hh, in.second.bias_ih, in.second.bias_hh, in.query_weight, in.query_bias,
       in.v},
      [&] {
        const cells::AttentionGru cell({in.keys.value, in.values.value, sources}, in.weights(form), targets);
        const Output twin = scan_composed(cell, in.x.value, targets, in.h0.value);
        return std::vector{twin.y, twin.attention.context, twin.attention.weights};
      });
}

}  // namespace grus
