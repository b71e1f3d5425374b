#pragma once
// How a page shows what a classifier takes for what.
#include <string>
#include <vector>

#include "report/page.h"

namespace grus::report {

struct Confusions {
  std::vector<std::string> classes;
  std::vector<std::vector<double>> counts;  // rows: true classes, columns: what was said
  std::string things = "Examples";          // what is counted
};

/// Returns a heat map of each row's shares, and a table of precision TP / (TP + FP), recall TP / (TP + FN) and F1,
/// their harmonic mean, for each class. Throws UsageError unless counts are (classes, classes).
std::string confusions(const Confusions& confusions, Figures& drawn);

}  // namespace grus::report
