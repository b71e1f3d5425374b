#pragma once
// The list of the entries of KernelTable. A new entry that is not listed here does not compile.
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>

#include "core/kernel_calls.h"
#include "core/kernel_costs.h"

namespace grus::kernel_list {

using Names = std::span<const char* const>;

inline constexpr const char* unary_names[] = {
#define GRUS_UNARY(name, ...) #name,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
};
inline constexpr const char* binary_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) #name,
#define GRUS_COMPARE(...)
#include "core/elementwise.def"
};
inline constexpr const char* compare_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) #name,
#include "core/elementwise.def"
};
inline constexpr const char* reduce_names[] = {"sum", "sum_of_squares", "max", "min"};
inline constexpr const char* arg_reduce_names[] = {"argmax", "argmin"};
inline constexpr const char* random_names[] = {"uniform", "normal", "keep_mask"};
inline constexpr const char* optimizer_names[] = {"sgd", "adam", "adadelta"};
inline constexpr const char* gru_phase_names[] = {"all", "reset_update", "candidate"};

/// A member of KernelTable, what its calls cost, its variants, and whether it may be null.
template <auto member, auto cost>
struct Entry {
  const char* name;
  Names variants = {};
  Need need = Need::required;
};

using T = KernelTable;
namespace cost = kernel_cost;

inline constexpr std::tuple entries{
    Entry<&T::open, nullptr>{"open"},  // nullptr: never observed. Here there is no device yet
    Entry<&T::close, cost::nothing<>>{"close"},
    Entry<&T::describe, cost::nothing<>>{"describe"},
    Entry<&T::last_error, cost::nothing<>>{"last_error"},
    Entry<&T::allocate, cost::allocate>{"allocate"},
    Entry<&T::release, cost::nothing<Buffer*>>{"release"},
    Entry<&T::drop_derived, cost::nothing<Buffer*>>{"drop_derived"},
    Entry<&T::trim, cost::nothing<>>{"trim"},
    Entry<&T::upload, cost::upload>{"upload"},
    Entry<&T::download, cost::download>{"download"},
    Entry<&T::synchronize, cost::nothing<>>{"synchronize"},
    Entry<&T::copy, cost::copy>{"copy"},
    Entry<&T::fill, cost::fill>{"fill"},
    Entry<&T::unary, cost::unary>{"unary", unary_names},
    Entry<&T::unary_gradient, cost::unary_gradient>{"unary_gradient", unary_names},
    Entry<&T::binary, cost::binary>{"binary", binary_names},
    Entry<&T::binary_gradient, cost::binary_gradient>{"binary_gradient", binary_names},
    Entry<&T::compare, cost::compare>{"compare", compare_names},
    Entry<&T::select, cost::select>{"select"},
    Entry<&T::reduce, cost::reduce>{"reduce", reduce_names},
    Entry<&T::arg_reduce, cost::arg_reduce>{"arg_reduce", arg_reduce_names},
    Entry<&T::gemm, cost::gemm>{"gemm"},
    Entry<&T::gather_rows, cost::gather_rows>{"gather_rows"},
    Entry<&T::scatter_add_rows, cost::scatter_add_rows>{"scatter_add_rows"},
    Entry<&T::softmax, cost::softmax>{"softmax"},
    Entry<&T::softmax_gradient, cost::softmax_gradient>{"softmax_gradient"},
    Entry<&T::top_k, cost::top_k>{"top_k"},
    Entry<&T::random, cost::random>{"random", random_names},
    Entry<&T::optimizer_step, cost::optimizer_step>{"optimizer_step", optimizer_names},
    Entry<&T::gru_gates, cost::gru_gates>{"gru_gates", gru_phase_names, Need::composed},
    Entry<&T::gru_gates_backward, cost::gru_gates_backward>{"gru_gates_backward", gru_phase_names, Need::composed},
    Entry<&T::attention, cost::attention>{"attention", {}, Need::composed},
    Entry<&T::attention_backward, cost::attention_backward>{"attention_backward", {}, Need::composed},
    Entry<&T::cross_entropy, cost::cross_entropy>{"cross_entropy", {}, Need::composed},
    Entry<&T::lstm_gates, cost::lstm_gates>{"lstm_gates", {}, Need::composed},
    Entry<&T::lstm_gates_backward, cost::lstm_gates_backward>{"lstm_gates_backward", {}, Need::composed},
    Entry<&T::run_parts, nullptr>{"run_parts", {}, Need::spared},  // what it runs is observed instead
};

template <auto x, auto y>
constexpr bool same_member = [] {
  if constexpr (std::is_same_v<decltype(x), decltype(y)>) return x == y;
  return false;
}();
template <auto... members, auto... costs>
constexpr bool listed_once(const std::tuple<Entry<members, costs>...>&) {
  const auto times = []<auto member>(std::integral_constant<decltype(member), member>) {
    return (static_cast<int>(same_member<member, members>) + ...);
  };
  return ((times(std::integral_constant<decltype(members), members>{}) == 1) && ...);
}
static_assert(listed_once(entries));
static_assert(sizeof(KernelTable) ==
                  offsetof(KernelTable, open) + std::tuple_size_v<decltype(entries)> * sizeof(&T::open),
              "an entry of KernelTable is missing from the list above; what it costs goes to core/kernel_costs.h");

}  // namespace grus::kernel_list
