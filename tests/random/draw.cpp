// Makes programs. Each step is drawn on its own: arguments that have another shape or range than an op wants are made
// to fit by lines of their own, so that a step can be left out and others still make sense.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/tape/tape.h"
#include "ops/math/elementwise.h"
#include "ops/math/index.h"
#include "ops/math/shape.h"
#include "tests/random/program.h"

namespace grus::test {
namespace {

std::vector<double> numbers_of(const Tensor& x) { return cast(x, DType::f64).to_vector<double>(); }

bool all_finite(const Tensors& xs) {
  for (const Tensor& x : xs)
    if (is_float(x.dtype()))
      for (const double number : numbers_of(x))
        if (!std::isfinite(number)) return false;
  return true;
}

/// Tells whether some element is neither one of the arguments' nor 0.
bool makes_numbers(const Tensors& arguments, const Tensors& results) {
  std::set<double> there{0.0};
  for (const Tensor& x : arguments)
    if (is_float(x.dtype()))
      for (const double number : numbers_of(x)) there.insert(number);
  for (const Tensor& y : results)
    if (is_float(y.dtype()))
      for (const double number : numbers_of(y))
        if (!there.contains(number)) return true;
  return false;
}

Function index_fit(Shape to) {
  return [to](Xs x) {
    std::vector<int64_t> places;
    for (int64_t i = 0; i < to.numel(); ++i) places.push_back((i * 7 + i / 3) % x[0].numel());
    return index_select(x[0].reshape({-1}), 0, Tensor::from(places, x[0].device())).reshape(to);
  };
}

bool broadcasts(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int i = 1; i <= from.rank(); ++i)
    if (from[from.rank() - i] != 1 && from[from.rank() - i] != to[to.rank() - i]) return false;
  return true;
}

bool has_gradient(const Statement& statement) { return statement.gradient != Statement::Gradient::none; }

class Builder {
 public:
  explicit Builder(uint64_t seed) { program_.seed = seed; }

  void step(Choices& choices, const std::vector<Statement>& from, bool cut) {
    const size_t values = program_.values.size(), given = program_.given.size(), lines = program_.lines.size();
    const std::vector<Program::Value> before = program_.values;
    const Statement& statement = choices.of(from);
    const int first = has_gradient(statement) ? earlier(choices) : -1;
    const Sizes like = first >= 0 ? sizes_of(first) : draw_sizes(choices, 3);
    const Sample sample = statement.draw(choices, like);
    if (add_sample(choices, statement, sample, first)) {
      if (cut) return give_results(given, lines, before);
      program_.drawn.push_back(statement.op);
      program_.measurable = program_.measurable && statement.gradient != Statement::Gradient::by_definition;
      return;
    }
    program_.given.resize(given);  // results that are not finite count as not drawn
    program_.lines.resize(lines);
    program_.values.assign(before.begin(), before.end());
    tensors_.resize(values);
  }

  Program take() {
    std::erase_if(program_.given, [&](const Program::Given& given) { return !value(given.value).used; });
    return std::move(program_);
  }

 private:
  Program::Value& value(int i) { return program_.values[static_cast<size_t>(i)]; }
  const Tensor& tensor(int value) const { return tensors_[static_cast<size_t>(value)]; }
  Sizes sizes_of(int value) const { return Sizes(tensor(value).shape().begin(), tensor(value).shape().end()); }

  /// Returns a finite value of the program's dtype, or -1.
  int earlier(Choices& choices) {
    std::vector<int> candidates;
    for (size_t v = 0; v < tensors_.size(); ++v)
      if (tensors_[v].dtype() == DType::f64 && all_finite({tensors_[v]})) candidates.push_back(static_cast<int>(v));
    return choices.in(0, 3) == 0 || candidates.empty() ? -1 : choices.of(candidates);
  }

  bool add_sample(Choices& choices, const Statement& statement, const Sample& sample, int first) {
    std::vector<int> arguments;
    for (const Input& input : sample.inputs) {
      int from = -1;
      if (has_gradient(statement) && input.kind == Input::Kind::numbers) {
        from = first >= 0 ? first : choices.in(0, 2) == 2 ? earlier(choices) : -1;
        first = -1;
      }
      arguments.push_back(from >= 0 ? fitted(from, input) : give(input, has_gradient(statement)));
    }
    return add_line(statement.op, sample.what, sample.f, arguments);
  }

  /// Takes away the lines since `lines`; what they computed becomes given.
  void give_results(size_t given, size_t lines, const std::vector<Program::Value>& before) {
    program_.given.resize(given);
    program_.lines.resize(lines);
    for (size_t v = 0; v < tensors_.size(); ++v) {
      if (v < before.size()) {
        program_.values[v] = before[v];
        continue;
      }
      Tensor& x = tensors_[v];
      program_.values[v].used = false;
      const DType dtype = x.dtype();
      const Input::Kind kind = is_float(dtype)           ? Input::Kind::numbers
                               : dtype == DType::boolean ? Input::Kind::mask
                                                         : Input::Kind::ids;
      if (is_float(dtype)) x = cast(cast(x, DType::f32), dtype);
      program_.given.push_back({static_cast<int>(v), kind, x.shape(), numbers_of(x), dtype == DType::f64});
    }
  }

  int add_value(const Tensor& x) {
    tensors_.push_back(x);
    program_.values.push_back({x.shape(), x.dtype(), false});
    return static_cast<int>(tensors_.size()) - 1;
  }

  int give(const Input& input, bool varies) {
    const bool real = input.kind == Input::Kind::numbers;
    std::vector<double> numbers = input.values;
    if (numbers.empty()) {
      std::mt19937_64 engine(program_.seed * 1000003 + program_.values.size());
      std::uniform_real_distribution<double> uniform(input.low, input.high);
      for (int64_t i = 0; i < input.shape.numel(); ++i) numbers.push_back(uniform(engine));
    }
    if (real)
      for (double& number : numbers) number = static_cast<float>(number);
    const Tensor x = Tensor::from(numbers, input.shape, device_);
    const DType dtype = real ? DType::f64 : input.kind == Input::Kind::ids ? DType::i64 : DType::boolean;
    const int value = add_value(cast(x, dtype));
    program_.given.push_back({value, input.kind, input.shape, std::move(numbers), real && varies});
    return value;
  }

  bool add_line(const std::string& op, const std::string& text, const Function& f, const std::vector<int>& arguments) {
    Tensors xs;
    for (const int argument : arguments) xs.push_back(tensor(argument));
    const Tensors ys = f(xs);
    if (!all_finite(ys)) return false;
    for (const int argument : arguments) value(argument).used = true;
    program_.lines.push_back({op, text, f, arguments, static_cast<int>(program_.values.size()),
                              static_cast<int>(ys.size()), makes_numbers(xs, ys)});
    for (const Tensor& y : ys) add_value(y);
    return true;
  }
  int fit(const std::string& text, const Function& f, int value) {
    add_line("fit", text, f, {value});
    return static_cast<int>(program_.values.size()) - 1;
  }

  /// Makes a value of the shape and range that an input wants from another.
  int fitted(int value, const Input& input) {
    const Shape from = tensor(value).shape(), to = input.shape;
    // There is nothing to take from, or so little that each would be taken very often: scattered one by one in f32,
    // that rounds.
    if (to.numel() > 64 * from.numel()) return give(input, true);
    if (from == to) return in_range(value, input);
    if (from.numel() == to.numel())
      value = fit(
          fmt::format("$0.reshape({})", to), [to](Xs x) { return x[0].reshape(to); }, value);
    else if (broadcasts(from, to))
      value = fit(
          fmt::format("broadcast_to($0, {})", to), [to](Xs x) { return broadcast_to(x[0], to); }, value);
    else value = fit(fmt::format("some elements of $0, as {}", to), index_fit(to), value);
    return in_range(value, input);
  }

  int in_range(int value, const Input& input) {
    const double slack = input.low > 0 ? 0 : 2 * (input.high - input.low);
    double largest = 0;
    bool inside = true;
    for (const double number : numbers_of(tensor(value))) {
      inside = inside && number >= input.low - slack && number <= input.high + slack;
      largest = std::max(largest, std::abs(number));
    }
    if (inside) return value;
    const double middle = (input.low + input.high) / 2, half = (input.high - input.low) / 2,
                 scale = static_cast<float>(1 / std::max(1.0, largest / 2));
    return fit(
        fmt::format("{} + {} * tanh({} * $0)", middle, half, scale),
        [=](Xs x) { return middle + half * tanh(scale * x[0]); }, value);
  }

  Program program_;
  Tensors tensors_;
  const Device device_{"reference"};
};

}  // namespace

std::vector<Statement> statements_of(const std::string& only) {
  std::vector<Statement> chosen;
  for (const Statement& statement : statements())
    if (statement.op.find(only) != std::string::npos) chosen.push_back(statement);
  return chosen;
}

Program draw_program(uint64_t seed, const std::vector<Statement>& from, Genome& genome) {
  genome = {seed, {}};
  Builder builder(seed);
  const int64_t steps = Choices(seed).in(1, 12);
  for (int64_t i = 0; i < steps; ++i) {
    Choices choices(seed * 100 + static_cast<uint64_t>(i) + 1);
    builder.step(choices, from, false);
    genome.steps.push_back({choices.made()});
  }
  return builder.take();
}

Program make_program(const Genome& genome, const std::vector<Statement>& from) {
  Builder builder(genome.seed);
  for (const Genome::Step& step : genome.steps) {
    Choices choices(step.choices);
    builder.step(choices, from, step.cut);
  }
  return builder.take();
}

}  // namespace grus::test
