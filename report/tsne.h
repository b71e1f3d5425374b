#pragma once
// t-SNE (van der Maaten and Hinton 2008) is a map in two dimensions that keeps neighbours together.
#include <cstdint>
#include <functional>

#include "report/pca.h"

namespace grus::report {

struct TsneOptions {
  double perplexity = 30;  // about how many neighbours count; at most a third of the points
  int iterations = 750;
  size_t exact_up_to = 2000;  // points; beyond: Barnes-Hut (van der Maaten 2014)
  double theta = 0.5;         // Barnes-Hut: a cell counts as one point when its width / distance is below this
  uint64_t seed = 1;
};

/// Returns places (count, 2). The map starts from the two principal components (Kobak and Berens 2019), nudged by the
/// seed so that equal points can part; learning rate and exaggeration are as there. The same points and seed give the
/// same map.
Points tsne(const Points& points, const TsneOptions& options = {}, const std::function<void(int iteration)>& step = {});

/// Computes the loss of a map exactly: KL(P || Q) in nats.
double tsne_loss(const Points& points, const Points& map, double perplexity);

}  // namespace grus::report
