#pragma once
// The entries of KernelTable as a list: member, name, cost of a call, variants, and whether it may be null.
#include <span>
#include <tuple>

#include "core/device/kernel_costs.h"

namespace grus::kernel_list {

using Names = std::span<const char* const>;

inline constexpr const char* unary_names[] = {
#define GRUS_UNARY(name, ...) #name,
#define GRUS_BINARY(...)
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
inline constexpr const char* binary_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(name, ...) #name,
#define GRUS_COMPARE(...)
#include "core/device/elementwise.def"
};
inline constexpr const char* compare_names[] = {
#define GRUS_UNARY(...)
#define GRUS_BINARY(...)
#define GRUS_COMPARE(name, ...) #name,
#include "core/device/elementwise.def"
};
inline constexpr const char* reduce_names[] = {"sum", "sum_of_squares", "max", "min", "product"};
inline constexpr const char* arg_reduce_names[] = {"argmax", "argmin"};
inline constexpr const char* random_names[] = {"uniform", "normal", "keep_mask", "integer"};
inline constexpr const char* gru_phase_names[] = {"all", "reset_update", "candidate"};

constexpr Names names_of(kernel_cost_words::NoVariant) { return {}; }
constexpr Names names_of(UnaryOp) { return unary_names; }
constexpr Names names_of(BinaryOp) { return binary_names; }
constexpr Names names_of(CompareOp) { return compare_names; }
constexpr Names names_of(ReduceOp) { return reduce_names; }
constexpr Names names_of(ArgReduceOp) { return arg_reduce_names; }
constexpr Names names_of(RandomKind) { return random_names; }
constexpr Names names_of(GruPhase) { return gru_phase_names; }

/// Returns the names of the enumeration that an entry's `variant` column speaks of.
template <class Variant, class... Args>
constexpr Names variant_names(Variant (*)(Args...)) {
  return names_of(Variant{});
}

/// Pairs a member of KernelTable with the function that says what its calls cost; a null cost means that the entry is
/// never observed.
template <auto member, auto cost>
struct Entry {
  const char* name;
  Names variants = {};
  Need need = Need::required;
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"  // only the type of the variant matters
namespace variant_of {
using kernel_cost_words::no_variant;
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, arguments, variant, ...) \
  constexpr auto name GRUS_WITH_CONTEXT arguments { return variant; }
#define GRUS_LOOP_ENTRY(...)
#include "core/device/kernels.def"
}  // namespace variant_of
#pragma GCC diagnostic pop

// `open` is not observed, as there is no device yet, and a loop is not, as the calls that it makes are.
inline constexpr std::tuple entries{
    Entry<&KernelTable::open, nullptr>{"open"},
#define GRUS_DEVICE_ENTRY(result, name, ...) Entry<&KernelTable::name, kernel_cost::name>{#name},
#define GRUS_KERNEL(need, name, ...) \
  Entry<&KernelTable::name, kernel_cost::name>{#name, variant_names(&variant_of::name), Need::need},
#define GRUS_LOOP_ENTRY(name, ...) Entry<&KernelTable::name, nullptr>{#name, {}, Need::spared},
#include "core/device/kernels.def"
};

}  // namespace grus::kernel_list
