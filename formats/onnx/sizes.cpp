#include "formats/onnx/sizes.h"

#include <algorithm>

namespace grus::formats {
namespace {

using Values = std::vector<int64_t>;

bool is(const Values& values, const Values& product, const Amount& amount) {
  for (size_t k = 0; k < values.size(); ++k) {
    const int64_t above = amount.factor * product[k] + amount.add;
    if (above < 0 || above / amount.divisor != values[k]) return false;
  }
  return true;
}

/// Finds factor and add of values = factor * product + add, or of a quotient of a product.
std::optional<Amount> on(const Values& values, const Values& product, std::vector<int> symbols) {
  Amount amount{std::move(symbols)};
  if (const int64_t run = product[1] - product[0], rise = values[1] - values[0]; run != 0 && rise % run == 0) {
    amount.factor = rise / run;
    amount.add = values[0] - amount.factor * product[0];
    if (amount.factor != 0 && is(values, product, amount)) return amount;
  }
  amount.factor = 1;
  for (amount.divisor = 2; amount.divisor <= 16; ++amount.divisor)
    for (const int64_t size : {0, 1, 2, 3, 4, 5, 6, 7, 8})
      for (const int64_t sign : {1, -1}) {
        amount.add = sign * size;
        if (is(values, product, amount)) return amount;
      }
  return std::nullopt;
}

}  // namespace

std::optional<Amount> amount_of(const Values& values, const std::vector<Symbol>& symbols) {
  if (std::ranges::all_of(values, [&](int64_t value) { return value == values[0]; }))
    return Amount{{}, 1, values[0], 1};
  for (size_t a = symbols.size(); a-- > 0;)  // packed rows come first
    if (auto found = on(values, symbols[a].sizes, {static_cast<int>(a)})) return found;
  for (size_t a = 0; a < symbols.size(); ++a)
    for (size_t b = a; b < symbols.size(); ++b) {
      Values product = symbols[a].sizes;
      for (size_t k = 0; k < product.size(); ++k) product[k] *= symbols[b].sizes[k];
      if (auto found = on(values, product, {static_cast<int>(a), static_cast<int>(b)}); found && found->divisor == 1)
        return found;
    }
  return std::nullopt;
}

}  // namespace grus::formats
