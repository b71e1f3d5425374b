#include "ops/math/einsum.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "ops/math/triangle.h"

namespace grus {
namespace {

constexpr const char* op = "einsum";

/// A label is a letter, or an axis under "...", counted from the right: 'z' + 1 is the last one.
using Label = int;
using Labels = std::vector<Label>;
constexpr Label first_of_ellipsis = 'z' + 1;

bool has(const Labels& labels, Label label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

/// An operand is a tensor and the label of each of its axes.
struct Operand {
  Tensor x;
  Labels labels;
  int64_t size(Label label) const {
    return x.dim(static_cast<int>(std::find(labels.begin(), labels.end(), label) - labels.begin()));
  }
};

/// Reads one side's term. `rank` is the number of axes that it names, or -1: as many as the widest "..." of the others.
Labels read_term(std::string_view equation, std::string_view term, int rank, int& widest) {
  Labels labels;
  const auto letters = static_cast<int>(
      std::count_if(term.begin(), term.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }));
  bool dots = false;
  for (size_t i = 0; i < term.size(); ++i) {
    const char c = term[i];
    if (c == ' ') continue;
    if (c == '.') {
      require<UsageError>(!dots && term.substr(i, 3) == "...", "[{}] need one ... in a term, got \"{}\"", op, equation);
      dots = true;
      i += 2;
      const int count = rank < 0 ? widest : rank - letters;
      require(count >= 0, "[{}] need an axis for each letter of \"{}\", got {} in \"{}\"", op, term, rank, equation);
      if (rank >= 0) widest = std::max(widest, count);
      for (int k = count; k-- > 0;) labels.push_back(first_of_ellipsis + k);
      continue;
    }
    require<UsageError>((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'),
                        "[{}] need letters, ..., commas and ->, got \"{}\"", op, equation);
    labels.push_back(c);
  }
  require(rank < 0 || static_cast<int>(labels.size()) == rank, "[{}] need {} letters for {} axes in \"{}\", got \"{}\"",
          op, rank, rank, equation, term);
  return labels;
}

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

/// Returns the labels that stand once, those of "..." first and letters in their order.
Labels implied_output(const std::vector<Labels>& inputs) {
  Labels all, output;
  for (const Labels& labels : inputs) all.insert(all.end(), labels.begin(), labels.end());
  for (const Label label : all) {
    if (label >= first_of_ellipsis ? !has(output, label) : std::count(all.begin(), all.end(), label) == 1)
      output.push_back(label);
  }
  std::sort(output.begin(), output.end(), [](Label a, Label b) {
    const bool dots_a = a >= first_of_ellipsis, dots_b = b >= first_of_ellipsis;
    return dots_a != dots_b ? dots_a : dots_a ? a > b : a < b;
  });
  return output;
}

Equation read(std::string_view text, std::span<const Tensor* const> xs) {
  Equation equation;
  const size_t arrow = text.find("->");
  std::string_view left = text.substr(0, arrow);
  int widest = 0;
  for (size_t k = 0; k < xs.size(); ++k) {
    const size_t comma = left.find(',');
    const bool last = k + 1 == xs.size();
    require<UsageError>(last == (comma == left.npos), "[{}] need a term for each of {} tensors, got \"{}\"", op,
                        xs.size(), text);
    equation.inputs.push_back(read_term(text, left.substr(0, comma), xs[k]->rank(), widest));
    if (!last) left.remove_prefix(comma + 1);
  }
  if (arrow == text.npos) {
    equation.output = implied_output(equation.inputs);
    return equation;
  }
  equation.output = read_term(text, text.substr(arrow + 2), -1, widest);
  for (const Label label : equation.output) {
    const bool known = std::any_of(equation.inputs.begin(), equation.inputs.end(),
                                   [&](const Labels& labels) { return has(labels, label); });
    require<UsageError>(known && std::count(equation.output.begin(), equation.output.end(), label) == 1,
                        "[{}] need each letter of the output once, and in a term before it, got \"{}\"", op, text);
  }
  return equation;
}

/// Takes diagonals until each label stands once.
void take_diagonals(Operand& operand, std::string_view equation) {
  for (size_t i = 0; i < operand.labels.size(); ++i)
    for (size_t j = i + 1; j < operand.labels.size(); ++j) {
      if (operand.labels[i] != operand.labels[j]) continue;
      const Label label = operand.labels[i];
      const int a = static_cast<int>(i), b = static_cast<int>(j);
      require(operand.x.dim(a) == operand.x.dim(b), "[{}] need one size for each letter of \"{}\", got {}", op,
              equation, operand.x.shape());
      operand.x = diagonal(operand.x, 0, a, b);
      operand.labels.erase(operand.labels.begin() + b);
      operand.labels.erase(operand.labels.begin() + a);
      operand.labels.push_back(label);
      i = static_cast<size_t>(-1);  // from the front again
      break;
    }
}

/// Sums over the labels that nothing else names.
void sum_out(Operand& operand, const Labels& kept) {
  std::array<int, max_rank> axes{};
  size_t count = 0;
  Labels left;
  for (size_t i = 0; i < operand.labels.size(); ++i) {
    if (has(kept, operand.labels[i])) left.push_back(operand.labels[i]);
    else axes[count++] = static_cast<int>(i);
  }
  if (count > 0) operand.x = sum(operand.x, std::span<const int>(axes.data(), count));
  operand.labels = std::move(left);
}

/// Returns the operand with its axes in the order of `labels`.
Tensor ordered(const Operand& operand, const Labels& labels) {
  std::array<int, max_rank> order{};
  for (size_t i = 0; i < labels.size(); ++i)
    order[i] =
        static_cast<int>(std::find(operand.labels.begin(), operand.labels.end(), labels[i]) - operand.labels.begin());
  return permute(operand.x, std::span<const int>(order.data(), labels.size()));
}

Labels joined(const Labels& a, const Labels& b) {
  Labels all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

/// Which labels two operands share, and which each has for itself.
struct Roles {
  Labels batch, contracted, of_a, of_b;
  Roles(const Operand& a, const Operand& b, const Labels& output) {
    for (const Label label : a.labels) {
      if (!has(b.labels, label)) of_a.push_back(label);
      else (has(output, label) ? batch : contracted).push_back(label);
    }
    for (const Label label : b.labels)
      if (!has(a.labels, label)) of_b.push_back(label);
  }
};

int64_t numel(const Operand& operand, const Labels& labels) {
  int64_t count = 1;
  for (const Label label : labels) count *= operand.size(label);
  return count;
}

/// Broadcasts axes under "..." to one size, and throws where letters differ.
void match_sizes(Operand& a, Operand& b, std::string_view equation) {
  for (size_t i = 0; i < a.labels.size(); ++i) {
    const Label label = a.labels[i];
    if (!has(b.labels, label)) continue;
    const int64_t left = a.size(label), right = b.size(label);
    if (left == right) continue;
    require(label >= first_of_ellipsis && (left == 1 || right == 1),
            "[{}] need one size for each letter of \"{}\", got {} and {}", op, equation, a.x.shape(), b.x.shape());
    Operand& smaller = left == 1 ? a : b;
    const auto axis = std::find(smaller.labels.begin(), smaller.labels.end(), label) - smaller.labels.begin();
    smaller.x = broadcast_to(smaller.x, smaller.x.shape().with(static_cast<int>(axis), std::max(left, right)));
  }
}

/// Returns the sum of products with the axes (batch, those of a, those of b).
Operand product(const Operand& a, const Operand& b, const Roles& roles) {
  Operand y{{}, joined(joined(roles.batch, roles.of_a), roles.of_b)};
  Shape shape;
  for (const Label label : y.labels) shape.push_back((has(a.labels, label) ? a : b).size(label));
  const int64_t batch = numel(a, roles.batch), inner = numel(a, roles.contracted);
  const int64_t rows = numel(a, roles.of_a), columns = numel(b, roles.of_b);
  if (roles.contracted.empty() || (rows == 1 && columns == 1 && batch > 1)) {
    const Tensor left = ordered(a, joined(joined(roles.batch, roles.of_a), roles.contracted));
    const Tensor right = ordered(b, joined(joined(roles.batch, roles.of_b), roles.contracted));
    const Tensor all = left.reshape({batch, rows, 1, inner}) * right.reshape({batch, 1, columns, inner});
    y.x = (roles.contracted.empty() ? all : sum(all, -1)).reshape(shape);
    return y;
  }
  // An operand that lies with the contracted axes first is read transposed instead of moved.
  const bool turned_a = a.labels == joined(joined(roles.batch, roles.contracted), roles.of_a);
  const bool turned_b = b.labels != joined(joined(roles.batch, roles.contracted), roles.of_b);
  const Tensor left =
      turned_a ? a.x.reshape({batch, inner, rows})
               : ordered(a, joined(joined(roles.batch, roles.of_a), roles.contracted)).reshape({batch, rows, inner});
  const Tensor right =
      turned_b ? ordered(b, joined(joined(roles.batch, roles.of_b), roles.contracted)).reshape({batch, columns, inner})
               : b.x.reshape({batch, inner, columns});
  y.x = matmul(left, right, {.transpose_a = turned_a, .transpose_b = turned_b}).reshape(shape);
  return y;
}

}  // namespace

Tensor einsum(std::string_view text, const Tensor& a) {
  require_float(op, a);
  const Tensor* const xs[] = {&a};
  const Equation equation = read(text, xs);
  Operand operand{a, equation.inputs[0]};
  take_diagonals(operand, text);
  sum_out(operand, equation.output);
  return ordered(operand, equation.output);
}

Tensor einsum(std::string_view text, const Tensor& a, const Tensor& b) {
  require_same_kind(op, a, b);
  require_float(op, a);
  const Tensor* const xs[] = {&a, &b};
  const Equation equation = read(text, xs);
  Operand left{a, equation.inputs[0]}, right{b, equation.inputs[1]};
  take_diagonals(left, text);
  take_diagonals(right, text);
  match_sizes(left, right, text);
  sum_out(left, joined(equation.output, right.labels));
  sum_out(right, joined(equation.output, left.labels));
  const Roles roles(left, right, equation.output);
  return ordered(product(left, right, roles), equation.output);
}

}  // namespace grus
