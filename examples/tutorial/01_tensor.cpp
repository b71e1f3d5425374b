// 1. Tensors: values of one shape and one element type. Run it: ./dev run 01_tensor
#include <grus/grus.h>

using namespace grus;

int main() {
  // A shape lists the sizes of the axes; elements lie in memory row by row.
  const Tensor a = Tensor::from({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}, {2, 3});
  fmt::print("a, of shape {} and dtype {}:\n{}\n\n", a.shape(), a.dtype(), a);

  // Ops make new tensors and never change their inputs. Shapes broadcast as in NumPy: from the right, sizes agree or
  // are 1.
  const Tensor row = Tensor::from({10.f, 20.f, 30.f}, {3});
  fmt::print("a + row:\n{}\n\n", a + row);
  fmt::print("tanh(a / 2):\n{}\n\n", tanh(a / 2));

  // A product takes transposition as a flag, so that nothing is copied: (2, 3) times its own transpose (3, 2).
  fmt::print("a a^T:\n{}\n\n", matmul(a, a, {.transpose_b = true}));

  // Reductions name the axes they remove.
  fmt::print("sum over everything: {}\n", sum(a));
  fmt::print("mean of each row:    {}\n", mean(a, 1));
  fmt::print("largest column:      {}\n\n", argmax(a, 1));

  // An entry of the leading axis, a range of rows and a reshape are views: no element moves.
  fmt::print("a[1]:              {}\n", a[1]);
  fmt::print("a as (3, 2):\n{}\n\n", a.reshape({3, -1}));

  // All other ways to move elements copy once.
  fmt::print("two a's, stacked:  {}\n", stack({a, a}).shape());
  fmt::print("columns 1 to 2:\n{}\n\n", slice(a, 1, 1, 3));

  // Element types never mix silently. An error says what an op needed and what it got.
  try {
    fmt::print("{}\n", a + Tensor::ones({2, 3}, DType::f64));
  } catch (const DtypeError& error) {
    fmt::print("an error:          {}\n", error.what());
  }
  try {
    fmt::print("{}\n", matmul(a, a));
  } catch (const ShapeError& error) {
    fmt::print("another one:       {}\n\n", error.what());
  }

  // Random numbers come from a generator whose state is two numbers: the same seed gives the same bits on every device.
  Rng one(42), two(42);
  const Tensor x = random_normal({2, 2}, 0, 1, one), y = random_normal({2, 2}, 0, 1, two);
  fmt::print("normal numbers:\n{}\n", x);
  return x.to_vector<float>() == y.to_vector<float>() ? 0 : 1;
}
