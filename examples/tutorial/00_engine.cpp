// 0. A whole engine for numbers: what Grus does for tensors, in less than a hundred lines. Run it: ./dev run 00_engine
#include <cmath>
#include <functional>
#include <vector>

#include <grus/grus.h>

namespace {

/// A record is one operation that ran: which values went in, and how much each of them moves the result.
struct Record {
  std::vector<int> inputs;
  std::vector<double> slopes;  // d result / d input
};

/// The tape holds the records in the order in which they ran. Record i made value i, and its inputs are older values.
std::vector<Record> tape;

/// A number knows its value and which record made it.
struct Number {
  double value;
  int record;
};

Number write_down(double value, std::vector<int> inputs, std::vector<double> slopes) {
  tape.push_back({std::move(inputs), std::move(slopes)});
  return {value, static_cast<int>(tape.size()) - 1};
}

// A variable is a record without inputs. Every operation is one line: the result, what went in, and the slopes.
Number variable(double x) { return write_down(x, {}, {}); }
Number operator+(Number a, Number b) { return write_down(a.value + b.value, {a.record, b.record}, {1, 1}); }
Number operator-(Number a, Number b) { return write_down(a.value - b.value, {a.record, b.record}, {1, -1}); }
Number operator*(Number a, Number b) { return write_down(a.value * b.value, {a.record, b.record}, {b.value, a.value}); }
Number tanh(Number x) {
  const double y = std::tanh(x.value);
  return write_down(y, {x.record}, {1 - y * y});
}

/// Returns d loss / d value for every value on the tape. By the chain rule, what reaches a result reaches its inputs
/// too, times the slope; and what arrives over several ways adds up. Inputs are older than results, so that one pass
/// backwards is enough.
std::vector<double> gradients(Number loss) {
  std::vector<double> gradient(tape.size(), 0.0);
  gradient[static_cast<size_t>(loss.record)] = 1;
  for (size_t i = tape.size(); i-- > 0;)
    for (size_t k = 0; k < tape[i].inputs.size(); ++k)
      gradient[static_cast<size_t>(tape[i].inputs[k])] += gradient[i] * tape[i].slopes[k];
  return gradient;
}

/// One step of a recurrent network with two units is written once, for numbers and for tensors:
///   h' = tanh(w x + u h),   loss = (h'_0 h'_1 - target)^2
/// Each unit reads the other one, so that gradients arrive over several ways.
template <class T>
T loss_of(const std::vector<T>& w, const std::vector<T>& u, const T& x, const T& target) {
  const T h0 = tanh(w[0] * x), h1 = tanh(w[1] * x);
  const T second0 = tanh(w[0] * x + u[0] * h1), second1 = tanh(w[1] * x + u[1] * h0);
  const T miss = second0 * second1 - target;
  return miss * miss;
}

}  // namespace

int main() {
  const std::vector<double> start{0.8, -1.5, 0.3, 0.7, 0.5, 0.25};  // w, u, x, target

  std::vector<Number> n;
  for (const double value : start) n.push_back(variable(value));
  const Number loss = loss_of<Number>({n[0], n[1]}, {n[2], n[3]}, n[4], n[5]);
  const std::vector<double> ours = gradients(loss);
  fmt::print("{} operations on the tape of numbers, loss {:.6f}\n", tape.size() - start.size(), loss.value);

  grus::Tape grus_tape;
  std::vector<grus::Tensor> t;
  for (const double value : start) t.push_back(grus_tape.watch(grus::Tensor::full({}, value, grus::DType::f64)));
  const grus::Tensor grus_loss = loss_of<grus::Tensor>({t[0], t[1]}, {t[2], t[3]}, t[4], t[5]);
  const std::vector<grus::Tensor> theirs = grus_tape.grad(grus_loss, t);
  fmt::print("{} records on the tape of Grus,        loss {:.6f}\n\n", grus_tape.size(), grus_loss.item());

  double difference = std::abs(loss.value - grus_loss.item());
  const char* const names[] = {"w0", "w1", "u0", "u1", "x", "target"};
  for (size_t i = 0; i < start.size(); ++i) {
    fmt::print("d loss / d {:6}  numbers {:9.6f}   Grus {:9.6f}\n", names[i], ours[i], theirs[i].item());
    difference = std::max(difference, std::abs(ours[i] - theirs[i].item()));
  }
  fmt::print("\nlargest difference {:.1e}. What Grus adds: tensors, kernels, memory that is given back, proofs.\n",
             difference);
  return difference < 1e-12 ? 0 : 1;
}
