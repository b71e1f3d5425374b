#pragma once
// Golden values of tests/golden (made by make_torch.py): cases of named f64 tensors with their settings as JSON.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "nn/serialize.h"
#include "ops/math/elementwise.h"

namespace grus::test {

struct GoldenCase {
  std::string name;
  nlohmann::json settings;
  nn::NamedTensors tensors;

  bool has(const std::string& key) const { return nn::find(tensors, key) != nullptr; }
  Tensor at(const std::string& key, DType dtype = DType::f64) const {
    const Tensor* tensor = nn::find(tensors, key);
    REQUIRE_MESSAGE(tensor != nullptr, name, " has no ", key);
    return tensor->dtype() == DType::i64 ? *tensor : cast(*tensor, dtype);
  }
};

inline std::vector<GoldenCase> golden_cases(const std::string& file) {
  const char* folder = std::getenv("GRUS_GOLDEN");
  const nn::TensorFile content =
      nn::read_safetensors(std::string(folder ? folder : "tests/golden") + "/" + file + ".safetensors");
  std::vector<GoldenCase> cases;
  for (const auto& [name, settings] : content.metadata) {
    if (name == "torch") continue;
    GoldenCase entry{name, nlohmann::json::parse(settings), {}};
    for (const auto& [key, tensor] : content.tensors)
      if (key.starts_with(name + "/")) entry.tensors.push_back({key.substr(name.size() + 1), tensor});
    cases.push_back(std::move(entry));
  }
  return cases;
}

inline std::vector<double> values_of(const Tensor& x) { return cast(x.detach(), DType::f64).to_vector<double>(); }

/// Returns the largest |a - b| / max(1, |b|).
inline double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.defined());
  REQUIRE_MESSAGE(a.shape() == b.shape(), to_string(a.shape()), " and ", to_string(b.shape()));
  const std::vector<double> u = values_of(a), v = values_of(b);
  double most = 0;
  for (size_t i = 0; i < u.size(); ++i) {
    const double gap = std::abs(u[i] - v[i]) / std::max(1.0, std::abs(v[i]));
    if (!(gap <= most)) most = gap;  // NaN counts
  }
  return most;
}

}  // namespace grus::test
