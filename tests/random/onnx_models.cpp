// Random programs as ONNX, for tests/golden/check_onnx.py: onnx_models DIR --count N writes SEED.onnx and SEED.npz, the
// inputs and what Grus computes from them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "core/base/error.h"
#include "data/read/npy.h"
#include "formats/onnx.h"
#include "ops/math/elementwise.h"
#include "tests/random/model.h"
#include "tests/random/onnx_modules.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Tells whether rounding in f32 says less of some result than a relative difference of 1e-6 would.
bool is_lost_to_rounding(const Program& program) {
  const Pieces exact = run(program, Device("reference"), DType::f64, {.order = 0});
  const auto scales = scales_of(program, exact, 0);
  if (!scales) return true;
  for (const Scale& scale : *scales)
    if (0x1p-24 * scale.spread > 1e-6 * std::max(scale.size, 1e-30) || scale.size > 1e30) return true;
  return false;
}

/// Computes a program's results from the numbers that vary: those of `chosen` values, or of all that nothing uses and
/// that follow from the inputs, which then are chosen.
std::vector<Tensor> results_of(const Program& program, const std::vector<Tensor>& inputs, std::vector<size_t>& chosen) {
  std::vector<Tensor> values(program.values.size());
  size_t next = 0;
  for (const Program::Given& given : program.given) {
    const DType dtype = given.kind == Input::Kind::numbers ? DType::f32
                        : given.kind == Input::Kind::ids   ? DType::i64
                                                           : DType::boolean;
    values[static_cast<size_t>(given.value)] =
        given.varies ? inputs[next++] : cast(Tensor::from(given.numbers, given.shape), dtype);
  }
  for (const Program::Line& line : program.lines) {
    std::vector<Tensor> arguments;
    for (const int argument : line.arguments) arguments.push_back(values[static_cast<size_t>(argument)]);
    const std::vector<Tensor> results = line.f(arguments);
    for (size_t k = 0; k < results.size(); ++k) values[static_cast<size_t>(line.first) + k] = results[k];
  }
  if (chosen.empty())
    for (size_t v = 0; v < values.size(); ++v)
      if (!program.values[v].used && values[v].defined() && values[v].node().tape != 0) chosen.push_back(v);
  std::vector<Tensor> results;
  for (const size_t v : chosen) results.push_back(values[v]);
  return results;
}

/// Writes the model and its numbers. Throws UsageError where the program has no counterpart.
void write_model(const Program& program, const std::string& path) {
  std::vector<formats::OnnxInput> inputs;
  std::vector<std::pair<std::string, Tensor>> arrays;
  for (const Program::Given& given : program.given) {
    if (!given.varies) continue;
    const std::string name = fmt::format("in{}", inputs.size());
    inputs.push_back({name, cast(Tensor::from(given.numbers, given.shape), DType::f32)});
    arrays.emplace_back(name, inputs.back().example);
  }
  std::vector<size_t> chosen;
  const auto f = [&](const std::vector<Tensor>& x, const Lengths&) { return results_of(program, x, chosen); };
  formats::save_onnx(path + ".onnx", f, inputs);
  std::vector<Tensor> examples;
  for (const formats::OnnxInput& input : inputs) examples.push_back(input.example);
  size_t k = 0;
  for (const Tensor& y : results_of(program, examples, chosen)) arrays.emplace_back(fmt::format("output{}", k++), y);
  data::write_npz(path + ".npz", arrays);
}

int write_models(const std::string& folder, uint64_t seed, int64_t count, const std::string& only) {
  const std::vector<Statement> from = statements_of(only);
  std::map<std::string, int> refused, ops;
  int64_t written = 0, lost = 0, drawn = 0;
  for (; written < count; ++seed, ++drawn) {
    Genome genome;
    const Program program = draw_program(seed, from, genome);
    if (is_lost_to_rounding(program)) {
      ++lost;
      continue;
    }
    try {
      write_model(program, fmt::format("{}/{}", folder, seed));
      ++written;
      for (const std::string& op : program.drawn) ++ops[op];
    } catch (const UsageError& error) {
      ++refused[error.what()];
    }
  }
  fmt::print("{} models of {} ops; {} programs drawn, {} lost to rounding or at kinks\n", written, ops.size(), drawn,
             lost);
  for (const auto& [message, times] : refused) fmt::print("  refused {:>4}: {}\n", times, message);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("Random programs of public ops, as models in ONNX");
  std::string folder, only;
  uint64_t seed = 1;
  int64_t count = 1000;
  bool modules = false;
  app.add_option("DIR", folder, "where models and their numbers are written")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--seed", seed, "of the first program");
  app.add_option("--count", count, "models")->check(CLI::PositiveNumber);
  app.add_flag("--modules", modules, "write modules with axes that vary instead");
  app.add_option("--only", only, "statements whose op has this in its name");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!modules) return write_models(folder, seed, count, only);
  fmt::print("{} models of modules\n", write_modules(folder, seed));
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "onnx_models: {}\n", error.what());
  return 1;
}
