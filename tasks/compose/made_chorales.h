#pragma once
// Small chorales that are made by rule, for a demonstration without data.
#include "core/tensor/random.h"
#include "data/music/pieces.h"

namespace grus::tasks::compose {

/// Returns a chorale of four phrases of eight steps for four voices in a major key: harmonies follow one another as
/// they do in a hymn, every phrase ends with a dominant and a tonic, and upper voices go to the nearest keys of the
/// chord.
data::Piece made_chorale(Rng& rng);

/// Returns the share of steps whose keys, three at least, all belong to one triad of a major key.
double share_of_triads(const data::Piece& piece);

}  // namespace grus::tasks::compose
