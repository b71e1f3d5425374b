#include "optim/state_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace grus::optim {

const Tensor* StateReader::fitting(const std::string& name, const Shape& shape, DType dtype) {
  taken_.push_back(name);
  const Tensor* stored = nn::find(state_, name);
  if (!stored) {
    missing_.push_back(name);
  } else if (stored->shape() != shape || stored->dtype() != dtype) {
    misshapen_.push_back(
        fmt::format("{} (need {} {}, got {} {})", name, dtype, shape, stored->dtype(), stored->shape()));
    stored = nullptr;
  }
  return stored;
}

void StateReader::require_kind() {
  const Tensor* stored = nn::find(state_, "kind");
  if (!stored) return;
  taken_.emplace_back("kind");
  require<DataError>(stored->dtype() == DType::i32 && stored->rank() == 1,
                     "[{}] need 'kind' as letters, i32 (N), got {} {}", who_, stored->dtype(), stored->shape());
  std::string kind;
  for (const int32_t letter : stored->to_vector<int32_t>()) kind += static_cast<char>(letter);
  require<DataError>(kind == who_, "[{}] need a state of {}, got one of {}", who_, who_, kind);
}

Tensor StateReader::take(const std::string& name, const Shape& shape, const Tensor& like) {
  const Tensor* stored = fitting(name, shape, like.dtype());
  return stored ? stored->detach().to(like.device()).clone() : Tensor();
}

Tensor StateReader::take_numbers(const std::string& name, DType dtype, int64_t count) {
  const Tensor* stored = fitting(name, {count}, dtype);
  return stored ? *stored : Tensor();
}

void StateReader::finish() const {
  std::vector<std::string> unexpected;
  for (const nn::NamedTensor& entry : state_)
    if (std::find(taken_.begin(), taken_.end(), entry.name) == taken_.end()) unexpected.push_back(entry.name);
  require<DataError>(missing_.empty() && misshapen_.empty() && unexpected.empty(),
                     "[{}] need a state of these parameters{}{}{}", who_, nn::list_names("missing", missing_),
                     nn::list_names("misshapen", misshapen_), nn::list_names("unexpected", unexpected));
}

std::vector<int64_t> counts_of(const char* who, const char* name, const Tensor& numbers) {
  std::vector<int64_t> counts = numbers.to_vector<int64_t>();
  for (const int64_t count : counts)
    require<DataError>(count >= 0, "[{}] need '{}' of at least 0, got {}", who, name, count);
  return counts;
}

std::vector<double> rates_of(const char* who, const char* name, const Tensor& numbers) {
  std::vector<double> rates = numbers.to_vector<double>();
  for (const double rate : rates)
    require<DataError>(rate >= 0 && std::isfinite(rate), "[{}] need '{}' of at least 0, got {}", who, name, rate);
  return rates;
}

}  // namespace grus::optim
