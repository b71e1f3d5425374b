#include "report/vector_map.h"

#include <cmath>

#include "core/base/error.h"
#include "report/tsne.h"

namespace grus::report {

Points unit_points(const Tensor& rows) {
  const auto values = rows.to_vector<float>();
  const auto count = static_cast<size_t>(rows.dim(0));
  Points points{count, count > 0 ? values.size() / count : 0, {values.begin(), values.end()}};
  for (size_t i = 0; i < points.count; ++i) {
    double square = 0;
    for (size_t k = 0; k < points.width; ++k) square += points[i][k] * points[i][k];
    for (size_t k = 0; k < points.width && square > 0; ++k) points[i][k] /= std::sqrt(square);
  }
  return points;
}

Points on_a_plane(const Points& points, const VectorMapOptions& options,
                  const std::function<void(int iteration)>& step) {
  if (options.projection == Projection::pca) return principal_components(points, 2);
  constexpr size_t enough = 50;  // dimensions
  const Points fewer = points.width > enough ? principal_components(points, enough) : points;
  return tsne(fewer, {.perplexity = options.perplexity, .seed = options.seed}, step);
}

LabelMap vector_map(const Points& points, std::vector<MapPoint> entries, const VectorMapOptions& options,
                    const std::function<void(int iteration)>& step) {
  require(points.count == entries.size(), "[vector_map] need an entry for each of {} points, got {}", points.count,
          entries.size());
  const Points plane = on_a_plane(points, options, step);
  const auto near = nearest_by_cosine(points, 6);
  for (size_t i = 0; i < points.count; ++i) {
    entries[i].x = plane.width > 0 ? plane[i][0] : 0;
    entries[i].y = plane.width > 1 ? plane[i][1] : 0;
    entries[i].near = near[i];
  }
  return {.description = "", .points = std::move(entries)};
}

std::string how_to_read(Projection projection) {
  return std::string(
             projection == Projection::pca
                 ? "Both axes are the directions in which the vectors differ most (principal components). "
                 : "Points that stand close together are close for the model; how far apart distant ones are, and "
                   "where they lie, means little (t-SNE). ") +
         "Labels appear where there is room; come closer for more. Pointing at a dot names it and joins it with its "
         "six "
         "nearest in the full space, which need not be the nearest here. Double-click, the buttons or Ctrl and the "
         "wheel "
         "come closer; dragging moves.";
}

}  // namespace grus::report
