#pragma once
// The sections of the report, and the numbers that they share.
#include <string>
#include <string_view>

#include "examples/seq2seq/report.h"

namespace grus::seq2seq {

/// The style sheet, which the page holds itself.
extern const std::string_view report_style;

/// Returns the whole file: a page with this title (markup) and body.
std::string html_page(std::string_view title, std::string_view body);
std::string section(std::string_view title, std::string_view body);
/// Returns "6–10" or "31+".
std::string bin_label(const LengthBin& bin);

/// Returns the epoch whose weights were kept, or null.
const EpochMetrics* best_epoch_of(const Report& report);

/// duration returns "41 min", "2 h 5 min" or "38 s"; millions returns "6.2 M".
std::string duration(double seconds);
std::string rounded_count(double count);

/// Figures are numbered through the page.
struct Figures {
  int drawn = 0;
  /// Returns one picture with its caption, which may hold markup.
  std::string operator()(std::string_view svg, std::string_view caption, std::string_view kind = "");
};

std::string curves_section(const Report& report, Figures& figures);
std::string alignments_section(const Report& report, Figures& figures);
std::string samples_section(const Report& report);
std::string model_section(const Report& report);
std::string reproduce_section(const Report& report);

}  // namespace grus::seq2seq
