#include "ops/sequence/gru_step.h"

#include <algorithm>

#include "core/device/precision.h"
#include "core/tensor/raw.h"
#include "ops/base/launch.h"
#include "ops/base/loop_kernels.h"
#include "ops/base/twin.h"

namespace grus {

using launch::columns_of;
using launch::rows_of;
using recurrence::StepRows;

namespace {

bool has_whole_steps(Device device) {
  return fused_kernels_wanted() && device.kernels().gru_step && device.kernels().gru_step_backward;
}

}  // namespace

bool has_fused_gru(Device device) {
  return fused_kernels_wanted() && device.kernels().gru_gates && device.kernels().gru_gates_backward;
}

GruRows::GruRows(int64_t rows, int64_t hidden, DType dtype, Device device)
    : gates(Tensor::empty({rows, 3 * hidden}, dtype, device)), product(Tensor::empty({rows, hidden}, dtype, device)) {}

GruStep::GruStep(const Tensor& weight_hh, const Tensor& bias_hh, GruForm form, int64_t batch)
    : device_(weight_hh.device()),
      weight_(Raw::matrix(weight_hh)),
      bias_(launch::repeated(bias_hh)),
      form_(form),
      hidden_(weight_hh.dim(1)),
      whole_(has_whole_steps(device_) && form.reset == Reset::after && hidden_ <= whole_step_hidden &&
             product_precision() == Precision::f32),
      scratch_(Tensor::empty({batch, 3 * hidden_}, weight_hh.dtype(), device_)) {}

void GruStep::forward(const GruForward& buffers, const Matrix& turned, const recurrence::Incoming& from,
                      StepRows rows) const {
  const GruGatesArgs gates{GruPhase::all,      form_.update,           rows.of(buffers.gx),      {},
                           rows.of(buffers.h), rows.of(buffers.gates), rows.of(buffers.product), rows.of(buffers.y)};
  const GruStepArgs args{gates, from.carried, from.fresh, turned, bias_};
  device_.check(device_.kernels().gru_step(device_.context(), args), "gru");
}

void GruStep::backward(const GruBackward& buffers, StepRows rows, StepRows later) const {
  const GruGatesBackwardArgs gates{
      GruPhase::all,       form_.update,         rows.of(buffers.gates), rows.of(buffers.product), rows.of(buffers.h),
      rows.of(buffers.dy), rows.of(buffers.dgx), rows.of(buffers.dgh),   rows.of_ranks(buffers.dh)};
  later.end = std::min(later.end, later.begin + rows.count());
  const GruStepBackwardArgs args{gates, later.count() > 0 ? later.of(buffers.dgh) : Matrix{}, weight_};
  device_.check(device_.kernels().gru_step_backward(device_.context(), args), "gru backward");
}

Matrix GruStep::weight_of(int64_t first_gate, int64_t last_gate) const {
  return rows_of(weight_, first_gate * hidden_, last_gate * hidden_);
}

Matrix GruStep::bias_of(int64_t first_gate, int64_t last_gate) const {
  return columns_of(bias_, first_gate * hidden_, last_gate * hidden_);
}

void GruStep::gates(const GruGatesArgs& args) const {
  device_.check(device_.kernels().gru_gates(device_.context(), args), "gru");
}

void GruStep::gates_backward(const GruGatesBackwardArgs& args) const {
  device_.check(device_.kernels().gru_gates_backward(device_.context(), args), "gru backward");
}

void GruStep::forward(const GruForward& buffers, StepRows rows) const {
  const auto apply = [this](const Matrix& y, const Matrix& x, int64_t first_gate, int64_t last_gate) {
    launch::affine(device_, y, x, weight_of(first_gate, last_gate), {.transpose_b = true},
                   bias_of(first_gate, last_gate), true);
  };
  const Matrix gh = rows.of_ranks(Raw::matrix(scratch_));
  const Matrix product = rows.of(buffers.product), y = rows.of(buffers.y);
  GruGatesArgs args{
      GruPhase::all, form_.update, rows.of(buffers.gx), {}, rows.of(buffers.h), rows.of(buffers.gates), {}, {}};
  if (form_.reset == Reset::after) {
    apply(gh, args.h, 0, 3);
    args.gh = gh;
    args.hidden_n = product;
    args.y = y;
    return gates(args);
  }
  // Reset::before: U_n multiplies r * h, so r comes first.
  args.phase = GruPhase::reset_update;
  args.gh = columns_of(gh, 0, 2 * hidden_);
  args.y = product;
  apply(args.gh, args.h, 0, 2);
  gates(args);
  args.phase = GruPhase::candidate;
  args.gh = {};
  args.hidden_n = columns_of(gh, 2 * hidden_, 3 * hidden_);
  args.y = y;
  apply(args.hidden_n, product, 2, 3);
  gates(args);
}

void GruStep::backward(const GruBackward& buffers, StepRows rows) const {
  const Matrix dgx = rows.of(buffers.dgx), dh = rows.of_ranks(buffers.dh);
  GruGatesBackwardArgs args{
      GruPhase::all, form_.update, rows.of(buffers.gates), {}, rows.of(buffers.h), rows.of(buffers.dy), dgx, {}, dh};
  if (form_.reset == Reset::after) {
    args.hidden_n = rows.of(buffers.product);
    args.dgh = rows.of(buffers.dgh);
    gates_backward(args);
    return multiply_by_weight(device_, dh, args.dgh, weight_of(0, 3), {}, 1);
  }
  args.phase = GruPhase::candidate;
  gates_backward(args);
  args.phase = GruPhase::reset_update;
  args.dy = columns_of(rows.of_ranks(Raw::matrix(scratch_)), 0, hidden_);
  multiply_by_weight(device_, args.dy, columns_of(dgx, 2 * hidden_, 3 * hidden_), weight_of(2, 3), {}, 0);
  gates_backward(args);
  multiply_by_weight(device_, dh, columns_of(dgx, 0, 2 * hidden_), weight_of(0, 2), {}, 1);
}

void GruStep::add_weight_gradients(Input weight_hh, Input bias_hh, const Tensor& previous, const SavedGruRows& rows,
                                   const Tensor& dgx, const Tensor& dgh) const {
  if (form_.reset == Reset::after) {
    if (weight_hh.wanted()) {
      Grads::Target target = weight_hh.target();
      launch::gemm(target.tensor, dgh, previous, {.transpose_a = true}, target.accumulate ? 1 : 0);
    }
    return add_sum_of_rows(bias_hh, dgh);
  }
  add_weight_gradient(weight_hh, 0, 0, columns_of(Raw::matrix(dgx), 0, 2 * hidden_), Raw::matrix(previous));
  add_weight_gradient(weight_hh, 2 * hidden_, 0, columns_of(Raw::matrix(dgx), 2 * hidden_, 3 * hidden_),
                      Raw::matrix(rows.product));
  add_sum_of_rows(bias_hh, dgx);
}

}  // namespace grus
