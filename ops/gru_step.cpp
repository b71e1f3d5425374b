#include "ops/gru_step.h"

#include "ops/launch.h"
#include "ops/twin.h"

namespace grus {

void multiply_by_weight(Tensor y, const Tensor& a, const Matrix& weight, Form form, double beta) {
  launch::gemm(y.device(), y.write_matrix(), a.matrix(), Plain, weight, form, beta, 1, 1, true);
}

void apply_weight(Tensor y, const Tensor& a, const Matrix& weight, Form form, const Tensor& c) {
  launch::affine(y, a, weight, form, c, true);
}

Matrix columns_of(Matrix matrix, int64_t begin, int64_t count) {
  matrix.offset += begin;
  matrix.cols = count;
  return matrix;
}

Tensor gathered_rows(const Tensor& table, const Tensor& ids) {
  Tensor y = Tensor::empty({ids.numel(), table.dim(1)}, table.dtype(), table.device());
  const Device device = y.device();
  device.check(device.kernels().gather_rows(device.context(), y.write_matrix(), table.matrix(), launch::column(ids)),
               "gather_rows");
  return y;
}

void add_sum_of_rows(Grads& dx, int input, const Tensor& rows) {
  if (!dx.wanted(input)) return;
  Grads::Target target = dx.target(input);
  launch::reduce(ReduceOp::sum, target.tensor, rows, target.accumulate);
}

void add_weight_gradient(Grads& dx, int input, int64_t first_row, int64_t first_column, const Matrix& a,
                         const Matrix& b) {
  if (!dx.wanted(input)) return;
  // A part of the weight cannot be written without a defined whole.
  Tensor& whole = dx.zeroed_target(input);
  Matrix part = columns_of(whole.write_matrix(), first_column, b.cols);
  part.offset += first_row * part.row_stride;
  part.rows = a.cols;
  launch::gemm(whole.device(), part, a, Transposed, b, Plain, 1);
}

bool has_fused_gru(Device device) {
  return fused_kernels_wanted() && device.kernels().gru_gates && device.kernels().gru_gates_backward;
}

GruRows::GruRows(int64_t rows, int64_t hidden, const GruForm&, DType dtype, Device device)
    : gates(Tensor::empty({rows, 3 * hidden}, dtype, device)), product(Tensor::empty({rows, hidden}, dtype, device)) {}

GruStep::GruStep(const Tensor& weight_hh, const Tensor& bias_hh, GruForm form, int64_t batch)
    : weight_(weight_hh),
      bias_(bias_hh),
      form_(form),
      hidden_(weight_hh.dim(1)),
      gh_(Tensor::empty({batch, 3 * hidden_}, weight_hh.dtype(), weight_hh.device())) {}

Matrix GruStep::weight_rows(int64_t first_gate, int64_t gates) const {
  return weight_.matrix(first_gate * hidden_, (first_gate + gates) * hidden_);
}

void GruStep::forward(const Tensor& gx, const Tensor& h, GruRows& rows, int64_t begin, int64_t end, Tensor y) {
  const Device device = y.device();
  Tensor gates = rows.gates.unrecorded_rows(begin, end), product = rows.product.unrecorded_rows(begin, end);
  GruGatesArgs args{GruPhase::all, form_.update, gx.matrix(), {}, h.matrix(), gates.write_matrix(), {}, {}};
  const auto run = [&](const char* name) { device.check(device.kernels().gru_gates(device.context(), args), name); };
  if (form_.reset == Reset::after) {
    Tensor gh = gh_.unrecorded_rows(0, end - begin);
    apply_weight(gh, h, weight_rows(0, 3), Transposed, bias_);
    args.gh = gh.matrix();
    args.hidden_n = product.write_matrix();
    args.y = y.write_matrix();
    return run("gru");
  }
  // Reset::before: U_n multiplies r * h, so r comes first.
  const int64_t count = end - begin;
  Tensor gates_rz = gh_.unrecorded_reshape({gh_.numel()})
                        .unrecorded_rows(0, count * 2 * hidden_)
                        .unrecorded_reshape({count, 2 * hidden_});
  const auto bias_of = [&](int64_t first_gate, int64_t last) {
    return bias_.defined() ? bias_.unrecorded_rows(first_gate * hidden_, last * hidden_) : bias_;
  };
  apply_weight(gates_rz, h, weight_rows(0, 2), Transposed, bias_of(0, 2));
  args.phase = GruPhase::reset_update;
  args.gh = gates_rz.matrix();
  args.y = product.write_matrix();
  run("gru");
  Tensor gh_n =
      gh_.unrecorded_reshape({gh_.numel()}).unrecorded_rows(0, count * hidden_).unrecorded_reshape({count, hidden_});
  apply_weight(gh_n, product, weight_rows(2, 1), Transposed, bias_of(2, 3));
  args.phase = GruPhase::candidate;
  args.gh = {};
  args.hidden_n = gh_n.matrix();
  args.y = y.write_matrix();
  run("gru");
}

void GruStep::backward(const Tensor& h, const GruRows& rows, int64_t begin, int64_t end, const Tensor& dy, Tensor dgx,
                       Tensor dgh, Tensor dh) {
  const Device device = dh.device();
  const Tensor gates = rows.gates.unrecorded_rows(begin, end), product = rows.product.unrecorded_rows(begin, end);
  GruGatesBackwardArgs args{GruPhase::all,      form_.update, gates.matrix(),   {}, h.matrix(), {},
                            dgx.write_matrix(), {},           dh.write_matrix()};
  if (dy.defined()) args.dy = dy.matrix();
  const auto run = [&] { device.check(device.kernels().gru_gates_backward(device.context(), args), "gru backward"); };
  if (form_.reset == Reset::after) {
    args.hidden_n = product.matrix();
    args.dgh = dgh.write_matrix();
    run();
    return multiply_by_weight(dh, dgh, weight_rows(0, 3), Plain, 1);
  }
  args.phase = GruPhase::candidate;
  run();
  if (!d_reset_h_.defined()) d_reset_h_ = Tensor::empty({gh_.dim(0), hidden_}, gh_.dtype(), device);
  Tensor d_reset_h = d_reset_h_.unrecorded_rows(0, end - begin);
  const Matrix dn = columns_of(dgx.matrix(), 2 * hidden_, hidden_), drz = columns_of(dgx.matrix(), 0, 2 * hidden_);
  launch::gemm(device, d_reset_h.write_matrix(), dn, Plain, weight_rows(2, 1), Plain, 0, 1, 1, true);
  args.phase = GruPhase::reset_update;
  args.dy = d_reset_h.matrix();
  run();
  launch::gemm(device, dh.write_matrix(), drz, Plain, weight_rows(0, 2), Plain, 1, 1, 1, true);
}

void GruStep::add_weight_gradients(Grads& dx, int weight_hh, int bias_hh, const Tensor& previous, const GruRows& rows,
                                   const Tensor& dgx, const Tensor& dgh) {
  if (form_.reset == Reset::after) {
    if (dx.wanted(weight_hh)) {
      Grads::Target target = dx.target(weight_hh);
      launch::gemm(target.tensor, dgh, Transposed, previous, Plain, target.accumulate ? 1 : 0);
    }
    return add_sum_of_rows(dx, bias_hh, dgh);
  }
  add_weight_gradient(dx, weight_hh, 0, 0, columns_of(dgx.matrix(), 0, 2 * hidden_), previous.matrix());
  add_weight_gradient(dx, weight_hh, 2 * hidden_, 0, columns_of(dgx.matrix(), 2 * hidden_, hidden_),
                      rows.product.matrix());
  add_sum_of_rows(dx, bias_hh, dgx);
}

}  // namespace grus
