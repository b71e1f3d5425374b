#include "tests/random/run.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "core/record/record.h"
#include "ops/base/hook.h"
#include "ops/math/elementwise.h"

namespace grus::test {
namespace {

/// Returns uniform numbers in [-1, 1], named by what they are for.
std::vector<double> weights(const Program& program, int purpose, int index, int64_t count) {
  std::mt19937_64 engine(program.seed * 64 + static_cast<uint64_t>(purpose) + 7919u * static_cast<uint64_t>(index + 1));
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> numbers(static_cast<size_t>(count));
  for (double& number : numbers) number = static_cast<float>(uniform(engine));
  return numbers;
}
enum Purpose { seeds_of_results, seeds_of_gradients, direction };

Tensor weight_tensor(const Program& program, int purpose, int index, const Tensor& like) {
  return cast(Tensor::from(weights(program, purpose, index, like.numel()), like.shape(), like.device()), like.dtype());
}

class Runner {
 public:
  Runner(const Program& program, Device device, DType dtype, const RunOptions& options)
      : program_(program), device_(device), dtype_(dtype), options_(options), engine_(options.noise_seed) {}

  std::vector<Piece> run() {
    std::vector<Piece> pieces;
    {
      Tape tape;
      give(tape);
      for (const Program::Line& line : program_.lines) call(line);
      for (size_t v = 0; v < values_.size(); ++v)
        if (!program_.values[v].used && values_[v].defined()) add_result(pieces, static_cast<int>(v));
      if (options_.order > 0) add_gradients(pieces, tape);
      if (options_.recorded)
        for (size_t i = 0; i < tape.size(); ++i) ++(*options_.recorded)[tape.record(i).op->name()];
    }
    return pieces;
  }

 private:
  void give(Tape& tape) {
    values_.resize(program_.values.size());
    for (const Program::Given& given : program_.given) {
      std::vector<double> numbers = given.numbers;
      if (given.varies && options_.along != 0) {
        const auto way = weights(program_, direction, given.value, given.shape.numel());
        for (size_t i = 0; i < numbers.size(); ++i) numbers[i] += options_.along * way[i];
      }
      const DType dtype = given.kind == Input::Kind::numbers ? dtype_
                          : given.kind == Input::Kind::ids   ? DType::i64
                                                             : DType::boolean;
      Tensor x = cast(Tensor::from(numbers, given.shape, device_), dtype);
      if (given.varies) {
        x = tape.watch(x);
        inputs_.push_back(x);
        input_values_.push_back(given.value);
        x = noisy(x);
      }
      values_[static_cast<size_t>(given.value)] = x;
    }
  }

  void call(const Program::Line& line) {
    Tensors arguments;
    for (const int argument : line.arguments)
      arguments.push_back(noisy_gradient(values_[static_cast<size_t>(argument)]));
    const Tensors results = line.f(arguments);
    for (size_t k = 0; k < results.size(); ++k) {
      Tensor& value = values_[static_cast<size_t>(line.first) + k];
      value = line.rounds && is_float(results[k].dtype()) ? noisy(results[k]) : results[k];
    }
  }

  Tensor factors_like(const Tensor& x) {
    std::vector<double> factors(static_cast<size_t>(x.numel()));
    for (double& factor : factors) factor = 1 + (engine_() % 2 ? options_.noise : -options_.noise);
    return cast(Tensor::from(factors, x.shape(), device_), x.dtype());
  }
  Tensor noisy(const Tensor& x) {
    if (options_.noise == 0) return x;
    return x * factors_like(x);
  }
  /// An op that only moves numbers rounds nothing forward, but gradients add up where they meet.
  Tensor noisy_gradient(const Tensor& x) {
    if (options_.noise == 0 || !is_float(x.dtype())) return x;
    const Tensor factors = factors_like(x);
    return on_gradient(x, [factors](const Tensor& dy) { return dy * factors; });
  }

  void add(std::vector<Piece>& pieces, std::string name, int order, const Tensor& x) const {
    pieces.push_back(
        {std::move(name), order, x.shape(), cast(x.detach(), DType::f64).to_vector<double>(), x.node().tape != 0});
  }

  void add_result(std::vector<Piece>& pieces, int value) {
    const Tensor& y = values_[static_cast<size_t>(value)];
    add(pieces, fmt::format("v{}", value), 0, y);
    if (!is_float(y.dtype()) || y.node().tape == 0) return;
    results_.push_back(y);
    seeds_.push_back(weight_tensor(program_, seeds_of_results, value, y));
  }

  /// Adds zeros where nothing reached an input.
  void add_pieces(std::vector<Piece>& pieces, int order, const Tensors& gradients) const {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const std::string name =
          fmt::format("{} v{}", order == 1 ? "gradient of" : "second gradient of", input_values_[i]);
      add(pieces, name, order, gradients[i].defined() ? gradients[i] : inputs_[i].detach() * 0.0);
    }
  }

  void add_gradients(std::vector<Piece>& pieces, Tape& tape) {
    if (results_.empty())
      for (int order = 1; order <= options_.order; ++order) add_pieces(pieces, order, Tensors(inputs_.size()));
    else if (options_.consume) add_pieces(pieces, 1, tape.take_gradients(results_, seeds_, inputs_));
    else add_recorded_gradients(pieces, tape);
  }

  void add_recorded_gradients(std::vector<Piece>& pieces, Tape& tape) {
    const Tensors gradients = tape.grad(results_, seeds_, inputs_, options_.order > 1);
    add_pieces(pieces, 1, gradients);
    if (options_.order < 2) return;
    Tensors again, again_seeds;
    for (size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined() || gradients[i].node().tape == 0) continue;
      again.push_back(gradients[i]);
      again_seeds.push_back(weight_tensor(program_, seeds_of_gradients, input_values_[i], gradients[i]));
    }
    add_pieces(pieces, 2, again.empty() ? Tensors(inputs_.size()) : tape.grad(again, again_seeds, inputs_, false));
  }

  const Program& program_;
  const Device device_;
  const DType dtype_;
  const RunOptions& options_;
  std::mt19937_64 engine_;
  Tensors values_, inputs_, results_, seeds_;
  std::vector<int> input_values_;
};

int value_of(const Piece& piece) { return std::stoi(piece.name.substr(piece.name.rfind('v') + 1)); }

}  // namespace

std::vector<Piece> run(const Program& program, Device device, DType dtype, const RunOptions& options) {
  return Runner(program, device, dtype, options).run();
}

double weighted_sum(const Program& program, const std::vector<Piece>& pieces, int order) {
  double sum = 0;
  for (const Piece& piece : pieces) {
    const int value = value_of(piece);
    if (piece.order != order || !is_float(program.values[static_cast<size_t>(value)].dtype)) continue;
    const auto seeds = weights(program, order == 0 ? seeds_of_results : seeds_of_gradients, value,
                               static_cast<int64_t>(piece.numbers.size()));
    for (size_t i = 0; i < seeds.size(); ++i) sum += seeds[i] * piece.numbers[i];
  }
  return sum;
}

double slope(const Program& program, const std::vector<Piece>& pieces, int order, bool absolute) {
  double sum = 0;
  for (const Piece& piece : pieces) {
    if (piece.order != order) continue;
    const auto way = weights(program, direction, value_of(piece), static_cast<int64_t>(piece.numbers.size()));
    for (size_t i = 0; i < way.size(); ++i)
      sum += absolute ? std::abs(way[i] * piece.numbers[i]) : way[i] * piece.numbers[i];
  }
  return sum;
}

}  // namespace grus::test
