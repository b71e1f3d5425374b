#pragma once
// A tape as text, and as a graph.
#include <string>

#include "core/tape/tape.h"

namespace grus {

/// One aligned line a record: op, module, shapes, bytes saved, milliseconds if a Profile stood. What comes at least
/// three times in a row is folded: one line then stands for all repeats, with sums of bytes and times.
std::string to_string(const Tape& tape);
void print(const Tape& tape);
/// The graph for Graphviz, records as boxes.
std::string dot(const Tape& tape);

/// Bytes of saved tensors that the records still hold; memory that several share counts once.
size_t saved_bytes(const Tape& tape);

}  // namespace grus
