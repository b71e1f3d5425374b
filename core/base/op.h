#pragma once
// The name of a differentiable op. An op that records itself has one Op object at namespace scope:
//   const Op matmul_op("matmul");
// Every Op of the process is in Op::all(), so that the table of tests can ask whether each of them has a row.
#include <vector>

namespace grus {

class Op {
 public:
  /// A plain op has no gradient: only a tape that keeps the program records it (Tape::Keep::program).
  enum class Kind { differentiable, plain };
  /// `name` must outlive the Op: a string literal.
  explicit Op(const char* name, Kind kind = Kind::differentiable);
  ~Op();
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  const char* name() const { return name_; }

  /// Lists the differentiable ops that exist now, by name.
  static std::vector<const Op*> all();

 private:
  const char* name_;
};

}  // namespace grus
