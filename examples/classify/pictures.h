#pragma once
// Figures of a classifier on labelled texts, and how a page shows them.
#include <string>
#include <vector>

#include "examples/classify/commands.h"
#include "report/page.h"

namespace grus::tasks::classify {

struct Figures {
  std::vector<data::LabelledText> rows = {};
  std::vector<int64_t> labels = {};
  std::vector<Judged> judged = {};
  double accuracy = 0, f1 = 0;
  std::vector<std::vector<double>> confusion = {};  // rows: true classes, columns: what the model said
};
/// Throws DataError for a row whose label is no class of the model.
Figures figures_of(const Committee& model, const Reader& reader, std::vector<data::LabelledText> rows, int64_t batch);

/// Returns sections: confusions, figures by class, and texts whose pieces are shaded by what they counted for.
std::string pictures(const Figures& figures, const Reader& reader, report::Figures& drawn);
/// Returns texts with their classes as markup.
std::string shaded(const std::vector<const Judged*>& judged, const Reader& reader,
                   const std::vector<std::string>& notes = {});
/// Returns the confusions as text.
std::string confusion_text(const Figures& figures, const Reader& reader);

}  // namespace grus::tasks::classify
