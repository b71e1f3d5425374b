#pragma once
// The sections of the report.
#include <string>
#include <string_view>

#include "examples/seq2seq/report.h"

namespace grus::seq2seq {

/// Returns "6–10" or "31+".
std::string bin_label(const LengthBin& bin);

/// Returns the epoch whose weights were kept, or null.
const EpochMetrics* best_epoch_of(const Report& report);

std::string curves_section(const Report& report, report::Figures& figures);
std::string alignments_section(const Report& report, report::Figures& figures);
std::string samples_section(const Report& report);
std::string reproduce_section(const Report& report);

}  // namespace grus::seq2seq
