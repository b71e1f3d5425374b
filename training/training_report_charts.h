#pragma once
// The curves of a run's report.
#include <string>
#include <vector>

#include "report/page.h"
#include "training/training_report.h"

namespace grus::training {

/// Returns names of all figures, in the order in which they come.
std::vector<std::string> figure_names(const History& history);
/// Returns the last record that was the best, or null.
const Record* best_record(const History& history);
/// Returns "valid_top_3" as "Validation top 3".
std::string spoken(const std::string& name);

/// Returns a chart for each figure, training and validation together, and for gradient norm and learning rate.
std::string training_charts(const TrainingReport& report, report::Figures& figures);

}  // namespace grus::training
