#include <optional>

#include "ops/accumulate.h"
#include "ops/attention_gru_parts.h"
#include "ops/twin.h"

namespace grus {
namespace {

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

/// The reverse loop: gradients of every row first, those of the weights after it, from all rows at once.
class BackwardLoop {
 public:
  BackwardLoop(const Saved& s, Grads& dx, const Lengths& targets, const Lengths& sources, GruForm form)
      : s_(s),
        dx_(dx),
        targets_(targets),
        w_(saved_weights(s, form)),
        memory_{s[Inputs::keys], s[Inputs::values], sources},
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
    dv_ = zeros_like(w_.v);
    dh_ = Tensor::zeros({targets.batch(), n_.hidden}, x.dtype(), x.device());
  }

  void run() {
    for (int64_t t = targets_.longest() - 1; t >= 0; --t)
      step(targets_.start(t), targets_.start(t) + targets_.alive(t));
    add_gradients();
  }

 private:
  void step(int64_t begin, int64_t end) {
    const auto part = [begin, end](const Tensor& buffer) {
      return buffer.defined() ? buffer.unrecorded_rows(begin, end) : buffer;
    };
    Tensor dh = dh_.unrecorded_rows(0, end - begin);
    second_.backward(part(s_[Kept::middle]), second_rows_, begin, end, part(dx_.dy(0)), part(dgx_second_),
                     part(dgh_second_), dh);
    Tensor dcontexts = dcontexts_.unrecorded_rows(0, end - begin);
    apply_weight(dcontexts, part(dgx_second_), context_weight(w_, n_), Plain, part(dx_.dy(1)));
    attend(begin, end);
    multiply_by_weight(dh, part(dqueries_), w_.query_weight.matrix(), Plain, 1);
    if (w_.conditional())
      first_->backward(part(s_[Kept::previous]), first_rows_, begin, end, Tensor(), part(dgx_first_), part(dgh_first_),
                       dh);
  }

  void attend(int64_t begin, int64_t end) {
    Matrix columns = s_[Kept::columns].matrix(), lengths = s_[Kept::lengths].matrix();
    columns.cols = lengths.cols = end - begin;
    AttentionBackwardArgs args{};
    args.forward = {s_[Kept::queries].matrix(begin, end),
                    memory_.keys.matrix(),
                    memory_.values.matrix(),
                    w_.v.matrix(),
                    s_[Kept::alignments].matrix(begin, end),
                    {},
                    columns,
                    lengths,
                    memory_.lengths.starts_tensor().matrix()};
    args.dcontext = dcontexts_.matrix(0, end - begin);
    args.dquery = dqueries_.write_matrix(begin, end);
    args.dkeys = dkeys_.write_matrix();
    args.dvalues = dvalues_.write_matrix();
    args.dv = dv_.write_matrix();
    const Device device = dh_.device();
    device.check(device.kernels().attention_backward(device.context(), args), "attention backward");
  }

  void add_gradients() {
    using I = Inputs;
    const Tensor &x = s_[I::x], &contexts = s_[Kept::contexts], &middle = s_[Kept::middle];
    const Tensor& dgx_word = w_.conditional() ? dgx_first_ : dgx_second_;
    const Matrix word_weight =
        w_.conditional() ? w_.first.weight_ih.matrix() : columns_of(w_.second.weight_ih.matrix(), 0, n_.input);
    if (dx_.wanted(I::x)) {
      Tensor dword = Tensor::empty(x.shape(), x.dtype(), x.device());
      multiply_by_weight(dword, dgx_word, word_weight, Plain, 0);
      dx_.add(I::x, dword);
    }
    if (dx_.wanted(I::h0)) dx_.add(I::h0, gathered_rows(dh_, targets_.rank_tensor()));
    dx_.add(I::keys, dkeys_);
    dx_.add(I::values, dvalues_);
    dx_.add(I::v, dv_);
    // In an order that frees rows before the largest gradients are made: memory peaks here.
    if (dx_.wanted(I::query_weight)) add_product(dx_, I::query_weight, dqueries_, Transposed, middle, Plain);
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
    add_weight_gradient(dx_, w_.conditional() ? I::first_ih : I::second_ih, 0, 0, dgx_word.matrix(), x.matrix());
    add_weight_gradient(dx_, I::second_ih, 0, w_.conditional() ? 0 : n_.input, dgx_second_.matrix(), contexts.matrix());
  }

  const Saved& s_;
  Grads& dx_;
  const Lengths& targets_;
  const AttentionGruWeights w_;
  const AttentionMemory memory_;
  const Sizes n_;
  std::optional<GruStep> first_;
  GruStep second_;
  GruRows first_rows_, second_rows_;
  Tensor dgx_first_, dgh_first_, dgx_second_, dgh_second_, dqueries_, dcontexts_, dkeys_, dvalues_, dv_, dh_;
};

}  // namespace

void backward_attention_gru(const Saved& s, Grads& dx, const Lengths& targets, const Lengths& sources, GruForm form) {
  using I = Inputs;
  if (!dx.recording()) return BackwardLoop(s, dx, targets, sources, form).run();
  differentiate_twin(dx,
                     {s[I::x], s[I::h0], s[I::keys], s[I::values], s[I::first_ih], s[I::first_hh], s[I::first_bias_ih],
                      s[I::first_bias_hh], s[I::second_ih], s[I::second_hh], s[I::second_bias_ih], s[I::second_bias_hh],
                      s[I::query_weight], s[I::query_bias], s[I::v]},
                     [&] {
                       const AttentionGruOutput twin = attention_gru_composed(
                           s[I::x], targets, s[I::h0], {s[I::keys], s[I::values], sources}, saved_weights(s, form));
                       return std::vector{twin.states, twin.contexts};
                     });
}

}  // namespace grus
