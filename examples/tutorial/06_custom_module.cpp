// 6. A module of your own: parameters, children, names, saving, freezing, a gradient check.
// Run it: ./dev run 06_custom_module
#include <filesystem>

#include <grus/grus.h>

using namespace grus;

// In a highway layer (Srivastava et al. 2015) a gate decides how much is new and how much passes unchanged.
//   g = sigmoid(W_g x + b_g)        y = g * tanh(W x + b) + (1 - g) * scale * x
// param() and child() register what they are given under a name, and return it. forward() is plain code.
class Highway : public nn::Module<Highway> {
 public:
  Highway(int64_t width, Rng& rng)
      : change(child("change", nn::Linear(width, width, rng))),
        gate(child("gate", nn::Linear(width, width, rng))),
        scale(param("scale", nn::init::ones({width}))) {
    gate.bias.assign(nn::init::constant({width}, -1));  // most of x passes at first
  }

  /// Takes x (..., width) and returns a tensor of its shape.
  Tensor forward(const Tensor& x) const {
    const Tensor g = sigmoid(gate(x));
    return g * tanh(change(x)) + (1 - g) * scale.tensor() * x;
  }

  nn::Linear change, gate;
  nn::Parameter scale;
};

// A tower is a module made of modules: a list of layers, and an output layer.
class Tower : public nn::Module<Tower> {
 public:
  Tower(int64_t width, int layers, Rng& rng)
      : stack(child("stack", nn::ModuleList<Highway>())), output(child("output", nn::Linear(width, 1, rng))) {
    for (int i = 0; i < layers; ++i) stack.push_back(Highway(width, rng));
  }
  Tensor forward(Tensor x) const {
    for (const Highway& layer : stack) x = layer(x);
    return output(x);
  }

  nn::ModuleList<Highway> stack;
  nn::Linear output;
};

int main() {
  Rng rng(1);
  Tower tower(4, 2, rng);
  tower.freeze("stack.0.*");  // the parameters of this name pattern stay as they are
  fmt::print("{}\n", tower.summary());

  // gradcheck compares the gradients of the new layer with differences, in double precision.
  Highway layer(3, rng);
  layer.to(DType::f64);
  gradcheck(layer, {random_normal({2, 3}, 0, 1, rng, DType::f64)});
  fmt::print("gradcheck found no difference\n");

  // Weights go to a file under their names and come back from it. PyTorch reads the file, too.
  const auto path = std::filesystem::temp_directory_path() / "grus_tutorial.safetensors";
  nn::save_weights(path, tower);
  Tower other(4, 2, rng);
  nn::load_weights(path, other);
  std::filesystem::remove(path);

  // A clone has weights of its own.
  Tower copy = tower.clone();
  copy.output.bias.assign(Tensor::full({1}, 100));
  const Tensor x = random_normal({1, 4}, 0, 1, rng);
  fmt::print("tower {}   loaded {}   changed clone {}\n", tower(x), other(x), copy(x));
  return tower(x).item() == other(x).item() && copy(x).item() > 50 ? 0 : 1;
}
