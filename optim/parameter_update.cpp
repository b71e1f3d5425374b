#include "optim/parameter_update.h"

#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"

namespace grus::optim {
namespace {

size_t find_state(const char* who, const std::vector<StateTensor>& kept, std::string_view name) {
  size_t i = 0;
  while (i < kept.size() && kept[i].name != name) ++i;
  if (i < kept.size()) return i;
  std::string names;
  for (const StateTensor& state : kept) names += (names.empty() ? "" : ", ") + state.name;
  fail<UsageError>("[{}] need a name of what it keeps for each parameter ({}), got '{}'", who,
                   names.empty() ? "nothing" : names, name);
}

}  // namespace

Tensor& ParameterUpdate::state(std::string_view name) {
  const size_t i = find_state(who_, kept_, name);
  require<UsageError>(states_[i].defined(), "[{}] need {} other than 0 where '{}' is used, as it is not kept then",
                      who_, kept_[i].when, name);
  return states_[i];
}

void ParameterUpdate::add_decay() {
  if (const double decay = settings_["weight_decay"]; decay != 0) grad = grad + decay * value;
}

void ParameterUpdate::shrink() {
  if (const double decay = settings_["weight_decay"]; decay != 0) value = (1 - lr * decay) * value;
}

Matrix FusedUpdate::state(std::string_view name) {
  const size_t i = find_state(who_, kept_, name);
  return states_[i].defined() ? write_flat(states_[i]) : Matrix{};
}

Matrix flat(const Tensor& tensor) { return Raw::matrix(Raw::reshape(tensor, {1, tensor.numel()})); }
Matrix write_flat(Tensor& tensor) {
  Raw::write_matrix(tensor);  // raises the version
  return flat(tensor);
}

}  // namespace grus::optim
