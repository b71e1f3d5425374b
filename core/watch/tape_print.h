#pragma once
// A tape is printed as text, and as a graph.
#include <string>

#include "core/tape/tape.h"

namespace grus {

/// Returns one aligned line a record: op, module, shapes, bytes saved, milliseconds if a Profile stood. Records that
/// come at least three times in a row are folded: one line then stands for all repeats, with sums of bytes and times.
std::string to_string(const Tape& tape);
void print(const Tape& tape);
/// Returns the graph for Graphviz, with records as boxes.
std::string dot(const Tape& tape);

/// Returns the bytes of saved tensors that the records still hold; memory that several share counts once.
size_t saved_bytes(const Tape& tape);

}  // namespace grus
