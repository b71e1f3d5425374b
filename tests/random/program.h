#pragma once
// A random program has numbers that are given, then lines that each call an op on values above.
#include <string>
#include <vector>

#include "tests/random/statement.h"

namespace grus::test {

/// A genome is what a program is drawn from: a seed for its numbers, and the choices of each of its steps. The results
/// of a step that is cut are given: others still find them, but nothing computes them.
struct Genome {
  struct Step {
    std::vector<uint64_t> choices;
    bool cut = false;
  };
  uint64_t seed = 0;
  std::vector<Step> steps;
};

struct Program {
  /// Numbers that vary have a gradient; others are constants. All are rounded to f32, so that dtypes get the same.
  struct Given {
    int value;
    Input::Kind kind;
    Shape shape;
    std::vector<double> numbers;
    bool varies;
  };
  struct Line {
    std::string op, text;
    Function f;
    std::vector<int> arguments;
    int first, results;  // its values: first, first + 1, ...
    bool rounds;         // false: every element of the results is one of the arguments', or 0
  };
  struct Value {
    Shape shape;
    DType dtype;
    bool used;  // used by a line below; what is computed and not used is the program's result
  };

  uint64_t seed = 0;
  std::vector<Given> given;
  std::vector<Line> lines;
  std::vector<Value> values;
  std::vector<std::string> drawn;  // the ops of its statements
  bool measurable = true;          // its gradients are derivatives, which differences of its values can measure
};

/// Returns the statements that are drawn from: all, or those whose op has `only` in it.
std::vector<Statement> statements_of(const std::string& only);

/// Draws a program of 1 to 12 steps, and what draws it again.
Program draw_program(uint64_t seed, const std::vector<Statement>& from, Genome& genome);
Program make_program(const Genome& genome, const std::vector<Statement>& from);

/// Returns the program as C++ would have it.
std::string to_string(const Program& program);

}  // namespace grus::test
