#pragma once
// How a page shows what a classifier says of texts.
#include <string>
#include <vector>

#include "report/page.h"
#include "tasks/classify/training.h"

namespace grus::tasks::classify {

/// Returns sections: confusions, figures by class, and texts whose pieces are shaded by what they counted for.
std::string pictures(const Figures& figures, const Reader& reader, report::Figures& drawn);
/// Returns texts with their classes as markup.
std::string shaded(const std::vector<const Judged*>& judged, const Reader& reader,
                   const std::vector<std::string>& notes = {});

}  // namespace grus::tasks::classify
