#pragma once
// What the files of the tape share: tape.cpp records, active.cpp knows
// which tape does, walk.cpp reads backwards, grads.cpp adds gradients up,
// anomaly.cpp looks for NaN.
#include <string>

#include "core/tape/tape.h"

namespace grus {

inline constexpr size_t max_outputs = 8;

/// a + b as a recorded op, so that gradients of gradients see the accumulation.
Tensor recorded_sum(const Tensor& a, const Tensor& b);

/// How a record names a constant among its inputs: a negative number, as no gradient goes there; -1 stands for an
/// undefined tensor.
inline int32_t constant_input(int32_t value) { return -2 - value; }
/// The value of an input, constant or not; -1: none.
inline int32_t input_value(int32_t input) { return input < -1 ? -2 - input : input; }

/// "op in path.of.module", for messages.
std::string where(const Record& record);

/// Anomaly mode. Each throws an Error that names the op, its module, and the first entry that is NaN or infinite.
void require_finite_inputs(const Record& record, std::span<const TensorArg> inputs);
void require_finite_results(const Record& record, std::span<const TensorArg> inputs, std::span<const Tensor> outputs);
void require_finite_gradient(const Record& record, int input, const Tensor& gradient, std::span<const Tensor> dy);

/// One key a record; equal where records look alike but for sizes: op, module, ranks.
std::vector<size_t> look_alike_keys(const Tape& tape);

/// Takes the memory of a tape that ended, for other tapes.
void keep_chunks(std::vector<std::unique_ptr<std::byte[]>>& arena);

/// "another tape", "a tape that has ended", "a tape of another thread", for messages.
const char* whose(uint64_t serial);

}  // namespace grus
