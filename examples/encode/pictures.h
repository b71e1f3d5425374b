#pragma once
// Pictures of what a model of lines, or of series, makes of its input.
// Sources: text_pictures.cpp, series_pictures.cpp.
#include <string>

#include "report/page.h"
#include "tasks/encode/detector.h"
#include "tasks/encode/text_model.h"

namespace grus::tasks::encode {

/// Returns sections of a page: what came back, walks, a map of states.
std::string pictures(const TextModel& model, const TextFigures& found, report::Figures& figures);

/// Returns sections of a page about rows [begin, end): readings, scores, how they tell faults, a map of windows.
std::string pictures(const Detector& detector, const Readings& r, const Scored& scored, int64_t begin, int64_t end,
                     report::Figures& figures);

}  // namespace grus::tasks::encode
