#pragma once
// What a classifier learns from: labelled texts in three parts, and batches of them; how well it knows them.
// Sources: training.cpp, figures.cpp.
#include <string>
#include <utility>
#include <vector>

#include "data/batch/batches.h"
#include "tasks/classify/classifier.h"

namespace grus::tasks::classify {

struct Parts {
  std::vector<data::LabelledText> train, valid = {}, test = {};
};
/// Reads the texts that the options name; what is held out of the training has each class's share. Throws DataError for
/// texts of one class alone.
Parts read_parts(const TrainOptions& o);
std::string checksum_of(const std::vector<data::LabelledText>& rows);

/// Returns the vocabulary and classes of the training's texts; `notice` is told in one line of what a tokenizer could
/// not do.
Reader make_reader(const TrainOptions& o, const std::vector<data::LabelledText>& rows, const data::Notice& notice);
/// Puts the vectors of --vectors in the place of the pieces' own, and returns how many pieces have one. Throws
/// DataError for vectors of another size.
int64_t use_vectors(const TrainOptions& o, const Reader& reader, Committee& model);

using Batch = std::pair<Texts, Tensor>;  // texts, classes (B)
data::Batches<Batch> make_batches(const Reader& reader, const std::vector<data::LabelledText>& rows,
                                  data::BatchOptions options);

/// How well texts were known.
struct Figures {
  std::vector<data::LabelledText> rows = {};
  std::vector<int64_t> labels = {};
  std::vector<Judged> judged = {};
  double accuracy = 0, f1 = 0;
  std::vector<std::vector<double>> confusion = {};  // rows: true classes, columns: what the model said
};
/// Throws DataError for a row whose label is no class of the model.
Figures figures_of(const Committee& model, const Reader& reader, std::vector<data::LabelledText> rows, int64_t batch);
/// Returns the confusions as a table of text.
std::string confusion_text(const Figures& figures, const Reader& reader);

}  // namespace grus::tasks::classify
