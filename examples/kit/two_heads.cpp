// One body, two heads: columns "class" (text) and "value" from the others.    two_heads FILE FOLDER
// The body is frozen for two epochs, and then learns ten times slower than the heads.
#include <fmt/core.h>

#include <grus/data/batch/batches.h>
#include <grus/data/read/table.h>
#include <grus/grus.h>

using namespace grus;
using Batch = std::tuple<Tensor, Tensor, Tensor>;  // rows (B, C), classes (B), values (B)

struct TwoHeads : nn::Module<TwoHeads> {
  TwoHeads(int64_t columns, int64_t classes)
      : body(child("body", nn::Sequential(nn::Linear(columns, 32), nn::Relu(), nn::Linear(32, 32), nn::Relu()))),
        kind(child("kind", nn::Linear(32, classes))),
        value(child("value", nn::Linear(32, 1))) {}

  std::pair<Tensor, Tensor> forward(const Tensor& rows) const {
    const Tensor shared = body(rows);
    return {kind(shared), value(shared).reshape({rows.dim(0)})};
  }

  nn::Sequential body;
  nn::Linear kind, value;
};

int main(int count, char** arguments) try {
  if (count != 3) return fmt::print(stderr, "usage: two_heads FILE FOLDER\n"), 2;
  manual_seed(1);
  const data::Table table = data::read_table(arguments[1]);
  std::vector<std::string> inputs = table.names();
  std::erase_if(inputs, [](const std::string& name) { return name == "class" || name == "value"; });
  const std::vector<std::string> classes = table.classes("class");
  const Tensor rows = table.matrix(inputs), kinds = table.class_ids("class", classes), values = table.tensor("value");
  const auto [seen, held] = data::from_tensors(rows, kinds, values).split({0.8, 0.2}, {.seed = 1});
  auto batches = data::batches(seen, {.size = 32}), valid = data::batches(held, {.size = 256});
  TwoHeads model(std::ssize(inputs), std::ssize(classes));
  optim::Adam adam(optim::group_by_name(model.named_parameters(), {{.pattern = "body.*", .lr = 5e-4}}), {.lr = 5e-3});
  metrics::Accuracy accuracy({.classes = std::ssize(classes)});
  metrics::MeanAbsoluteError error;
  const auto judge = [&](const TwoHeads& m, const Batch& b) {
    const auto [scores, value] = m(std::get<0>(b));
    accuracy.update(scores, std::get<1>(b));
    error.update(value, std::get<2>(b));
  };
  const auto loss = [](const TwoHeads& m, const Batch& b) {
    const auto [scores, value] = m(std::get<0>(b));
    return cross_entropy(scores, std::get<1>(b)) + 0.5 * mse_loss(value, std::get<2>(b));
  };
  const training::FitResult result =
      training::fit(model, adam, batches, loss,
                    {.epochs = 12,
                     .freeze = {{.pattern = "body.*"}, {.pattern = "body.*", .frozen = false, .from_epoch = 3}},
                     .validation = training::validation(model, valid, {&accuracy, &error}, judge),
                     .out = arguments[2],
                     .resume = true});
  for (const training::Figure& f : result.best_record().figures) fmt::print("{} {:.3f}\n", f.name, f.value);
} catch (const Error& error) {
  return fmt::print(stderr, "two_heads: {}\n", error.what()), 1;
}
