#pragma once
// Vectors of words, sentences or windows on a plane.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"
#include "report/label_map.h"
#include "report/pca.h"

namespace grus::report {

enum class Projection { tsne, pca };

struct VectorMapOptions {
  Projection projection = Projection::tsne;
  double perplexity = 20;  // of t-SNE
  uint64_t seed = 1;       // of t-SNE
};

/// Returns rows (N, ...) as points of length 1, so that the angle between them counts.
Points unit_points(const Tensor& rows);

/// Returns the points' places on a plane: along their two principal components, or by t-SNE of the first 50 (van der
/// Maaten and Hinton 2008, section 4.2), which tells `step` how far it is.
Points on_a_plane(const Points& points, const VectorMapOptions& options,
                  const std::function<void(int iteration)>& step = {});

/// Returns a map of the points, whose labels, weights, groups and notes `entries` has in the same order; each point
/// names its six nearest by cosine. Throws ShapeError where there are more or fewer entries.
LabelMap vector_map(const Points& points, std::vector<MapPoint> entries, const VectorMapOptions& options,
                    const std::function<void(int iteration)>& step = {});

/// Returns how such a map is read, in a few sentences.
std::string how_to_read(Projection projection);

}  // namespace grus::report
