// Options of the commands that `classify` alone has.
#include "examples/classify/commands.h"

namespace grus::tasks::classify {

options::Table EvalOptions::table() {
  return options::joined({{{"data", "Data", &data, "labelled texts, as for train"},
                           {"out", "Files", &out, "HTML file for confusions, mistakes and what mattered"}},
                          labelled_text_rows(rows),
                          use_rows(use)});
}

options::Table ExportOptions::table() {
  return {{"model", "Files", &use.model, "folder, pack or name of the model"},
          {"out", "Files", &out, "file to write, as model.onnx"},
          {"examples", "Files", &examples, "file .npz for numbers that go in and come out"}};
}

}  // namespace grus::tasks::classify
