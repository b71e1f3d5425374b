// 4. A recurrent network reads a series and predicts one number. Run it: ./dev run 04_gru_regression
#include <grus/grus.h>

using namespace grus;

// A GRU reads the series step by step. Its state after the last step is all that it knows of the series, and a linear
// layer turns that state into a number.
class SeriesModel : public nn::Module<SeriesModel> {
 public:
  SeriesModel(int64_t input, int64_t hidden, Rng& rng)
      : gru(child("gru", nn::Gru({.input = input, .hidden = hidden}, rng))),
        output(child("output", nn::Linear(hidden, 1, rng))) {}

  /// Takes x (T, B, input) and returns (B, 1).
  Tensor forward(const Tensor& x) const {
    const Output read = gru(x);  // read.y (T, B, hidden) has every state, read.state.h (1, B, hidden) the last one
    return output(read.state.h[0]);
  }

  nn::Gru gru;
  nn::Linear output;
};

int main() {
  // The data are 32 random series of 5 steps with 10 numbers each, and a random number to learn for each series. There
  // is nothing to understand, and all to memorise.
  Rng rng(0);
  const Tensor x = random_normal({5, 32, 10}, 0, 1, rng);
  const Tensor target = random_normal({32, 1}, 0, 1, rng);

  SeriesModel model(10, 20, rng);
  optim::Adam optimizer(model.named_parameters(), {.lr = 0.01});
  fmt::print("{}\n", model.summary());

  // The target has the prediction's shape, (32, 1). With a target of shape (32) a broadcasting loss would compare every
  // prediction with every target and learn the mean; here that is an error:
  try {
    fmt::print("{}\n", mse_loss(model(x), target.reshape({32})).item());
  } catch (const ShapeError& error) {
    fmt::print("{}\n\n", error.what());
  }

  double first = 0, last = 0;
  for (int epoch = 1; epoch <= 100; ++epoch) {
    Tape tape;
    const Tensor loss = mse_loss(model(x), target);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    last = loss.item();
    if (epoch == 1) first = last;
    if (epoch % 10 == 0) fmt::print("epoch {:3}   loss {:.6f}\n", epoch, last);
  }
  return last < 0.1 * first ? 0 : 1;
}
