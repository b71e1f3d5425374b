#pragma once
// The lines that a random program may have.
#include <functional>
#include <string>
#include <vector>

#include "tests/ops/table/row.h"
#include "tests/properties/plain.h"

namespace grus::test {

/// An op with drawn shapes and settings. The sample's `what` is its text, in which $0 stands for the first argument.
/// `like` is the shape of a value that the first argument may be; when the sample wants another, it is made to fit.
struct Statement {
  std::string op;  // the row of the table that it belongs to
  std::function<Sample(Choices&, const Sizes& like)> draw;
  enum class Gradient {
    derivative,
    by_definition,
    none
  } gradient = Gradient::derivative;  // none means values of constants
};

/// Lists every row of the table, each of its samples as it stands, so that an op that gets a row joins by itself; then
/// the families below, whose shapes and settings are drawn.
const std::vector<Statement>& statements();

std::vector<Statement> along_statements();
std::vector<Statement> attention_statements();
std::vector<Statement> elementwise_statements();
std::vector<Statement> index_statements();
std::vector<Statement> loss_statements();
std::vector<Statement> move_statements();
std::vector<Statement> product_statements();
std::vector<Statement> recurrent_statements();
std::vector<Statement> reduce_statements();

// The families share these functions.

/// Returns `like`, or other sizes when it has another rank than wanted or too many elements.
Sizes sizes_like(Choices& choices, const Sizes& like, int least_rank, int most_rank, int64_t most = 2000);
/// Draws a size, mostly 1 to 5, now and then long enough for vectors and threads.
int64_t draw_size(Choices& choices);
/// Draws `count` ids in [0, size), some of them repeated.
Input draw_ids(Choices& choices, const Sizes& sizes, int64_t size);
Input draw_mask(Choices& choices, const Sizes& sizes);
/// Draws lengths from `least` on, of `batch` sequences.
std::vector<int64_t> draw_lengths(Choices& choices, int64_t batch, int64_t least);
int64_t total(const std::vector<int64_t>& lengths);
std::string text(bool value);

}  // namespace grus::test
