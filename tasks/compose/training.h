#pragma once
// What a composer learns from, and how it is judged.
#include <string>
#include <vector>

#include "data/batch/batches.h"
#include "tasks/compose/composer.h"
#include "training/fit_options.h"

namespace grus::tasks::compose {

/// Reads the pieces that the options name; validation is held out where there is none. Throws DataError for files
/// without pieces, UsageError without validation.
data::PieceSets read_parts(const TrainOptions& o);
/// Reads the pieces of one part of a file: train, valid, test or all. Throws DataError where there is none.
std::vector<data::Piece> read_part(const std::string& path, double step, const std::string& part);
std::string checksum_of(const std::vector<data::Piece>& pieces);
/// Returns batches of pieces, each moved by at most `transpose` keys up or down: another way each time.
data::Batches<Chords> make_batches(const std::vector<data::Piece>& pieces, int64_t transpose,
                                   const data::BatchOptions& options);

/// Returns the mean nats a step, of as many steps.
training::Loss loss_of(const Composer& model, const Chords& chords);

/// What a model says about pieces.
struct Figures {
  double nats = 0;      // -log p a step
  double accuracy = 0;  // right keys / (right, wrong and missing ones), a key being said where its p > 1/2
  int64_t steps = 0;
  std::vector<std::vector<float>> expected = {};  // of each piece, (steps, 88): p of each key, given those above it
};
Figures figures_of(const Composer& model, const std::vector<data::Piece>& pieces, int64_t batch);

}  // namespace grus::tasks::compose
