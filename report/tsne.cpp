#include "report/tsne.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/split_mix.h"
#include "report/quadtree.h"

namespace grus::report {
namespace {

// Neighbours says who is near whom: row i's columns and p(j|i), later p(i,j). All other p are 0.
struct Neighbours {
  std::vector<size_t> begin;
  std::vector<int32_t> columns;
  std::vector<double> p;
  size_t rows() const { return begin.size() - 1; }
};

// Sets chances that fall off with the squared distance as a Gaussian whose width gives the perplexity.
void set_chances(const std::vector<double>& squares, double perplexity, double* p) {
  const size_t n = squares.size();
  const double nearest = *std::min_element(squares.begin(), squares.end());
  double beta = 1, low = 0, high = INFINITY;
  for (int tries = 0; tries < 100; ++tries) {
    double sum = 0, energy = 0;
    for (size_t j = 0; j < n; ++j) {
      p[j] = std::exp(-beta * (squares[j] - nearest));
      sum += p[j];
      energy += beta * (squares[j] - nearest) * p[j];
    }
    for (size_t j = 0; j < n; ++j) p[j] /= sum;
    const double entropy = std::log(sum) + energy / sum, excess = entropy - std::log(perplexity);
    if (std::abs(excess) < 1e-6) return;
    (excess > 0 ? low : high) = beta;
    beta = std::isinf(high) ? beta * 2 : (low + high) / 2;
  }
}

// Returns p(j|i) of each point over its `most` nearest.
Neighbours conditional(const Points& points, double perplexity, size_t most) {
  Neighbours near;
  near.begin.push_back(0);
  std::vector<std::pair<double, int32_t>> all;
  std::vector<double> squares;
  for (size_t i = 0; i < points.count; ++i) {
    all.clear();
    for (size_t j = 0; j < points.count; ++j) {
      if (j == i) continue;
      double square = 0;
      for (size_t k = 0; k < points.width; ++k) {
        const double difference = points[i][k] - points[j][k];
        square += difference * difference;
      }
      all.emplace_back(square, static_cast<int32_t>(j));
    }
    if (most < all.size()) {
      std::nth_element(all.begin(), all.begin() + static_cast<ptrdiff_t>(most), all.end());
      all.resize(most);
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    squares.clear();
    for (const auto& [square, j] : all) {
      squares.push_back(square);
      near.columns.push_back(j);
    }
    near.p.resize(near.columns.size());
    set_chances(squares, perplexity, near.p.data() + near.begin.back());
    near.begin.push_back(near.columns.size());
  }
  return near;
}

// p(i,j) = (p(j|i) + p(i|j)) / 2N, over all that are near on either side.
Neighbours symmetric(const Neighbours& near) {
  const size_t n = near.rows();
  std::vector<std::vector<std::pair<int32_t, double>>> rows(n);
  for (size_t i = 0; i < n; ++i)
    for (size_t k = near.begin[i]; k < near.begin[i + 1]; ++k) {
      const double share = near.p[k] / (2 * static_cast<double>(n));
      rows[i].emplace_back(near.columns[k], share);
      rows[static_cast<size_t>(near.columns[k])].emplace_back(static_cast<int32_t>(i), share);
    }
  Neighbours both;
  both.begin.push_back(0);
  for (auto& row : rows) {
    std::stable_sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [column, share] : row) {
      if (both.columns.size() > both.begin.back() && both.columns.back() == column) {
        both.p.back() += share;
      } else {
        both.columns.push_back(column);
        both.p.push_back(share);
      }
    }
    both.begin.push_back(both.columns.size());
  }
  return both;
}

double fitting(double perplexity, size_t count) {
  return std::clamp(perplexity, 1.0, std::max(1.0, static_cast<double>(count - 1) / 3));
}

Points first_map(const Points& points, uint64_t seed) {
  const Points components = principal_components(points, 2);
  double square = 0;
  for (size_t i = 0; i < points.count && components.width > 0; ++i) square += components[i][0] * components[i][0];
  const double scale = square > 0 ? 1e-4 / std::sqrt(square / static_cast<double>(points.count)) : 0;
  Points map{points.count, 2, std::vector<double>(points.count * 2)};
  SplitMix random(seed);
  for (size_t i = 0; i < points.count; ++i)
    for (size_t k = 0; k < 2; ++k) {
      const double nudge = static_cast<double>(random.next() >> 11) * 0x1p-52 - 1;
      map[i][k] = (k < components.width ? components[i][k] * scale : 0) + 1e-6 * nudge;
    }
  return map;
}

// Adds up q^2 (y_i - y_j) over all j into `force`, and returns the sum of q over all pairs.
double exact_repulsion(const Points& map, Points& force) {
  double sum = 0;
  for (size_t i = 0; i < map.count; ++i)
    for (size_t j = 0; j < i; ++j) {
      const double dx = map[i][0] - map[j][0], dy = map[i][1] - map[j][1], q = 1 / (1 + dx * dx + dy * dy);
      sum += 2 * q;
      force[i][0] += q * q * dx, force[i][1] += q * q * dy;
      force[j][0] -= q * q * dx, force[j][1] -= q * q * dy;
    }
  return sum;
}

double tree_repulsion(const Points& map, double theta, Points& force) {
  const Quadtree tree(map);
  double sum = 0;
  for (size_t i = 0; i < map.count; ++i) {
    const Quadtree::Repulsion r = tree.repulsion(map[i][0], map[i][1], theta);
    force[i][0] = r.x, force[i][1] = r.y;
    sum += r.sum;
  }
  return sum;
}

// dKL/dy_i = 4 sum over j of (e p_ij - q_ij) q (y_i - y_j), q = 1 / (1 + d^2); van der Maaten and Hinton 2008, eq. 5.
Points gradient(const Neighbours& near, const Points& map, double exaggeration, const TsneOptions& options) {
  Points force{map.count, 2, std::vector<double>(map.count * 2)};
  const double sum =
      map.count <= options.exact_up_to ? exact_repulsion(map, force) : tree_repulsion(map, options.theta, force);
  for (size_t i = 0; i < map.count; ++i) {
    double pull_x = 0, pull_y = 0;
    for (size_t k = near.begin[i]; k < near.begin[i + 1]; ++k) {
      const double* other = map[static_cast<size_t>(near.columns[k])];
      const double dx = map[i][0] - other[0], dy = map[i][1] - other[1];
      const double pull = near.p[k] / (1 + dx * dx + dy * dy);
      pull_x += pull * dx, pull_y += pull * dy;
    }
    force[i][0] = 4 * (exaggeration * pull_x - force[i][0] / sum);
    force[i][1] = 4 * (exaggeration * pull_y - force[i][1] / sum);
  }
  return force;
}

}  // namespace

Points tsne(const Points& points, const TsneOptions& options, const std::function<void(int)>& step) {
  Points map = first_map(points, options.seed);
  if (points.count < 3) return map;
  const double perplexity = fitting(options.perplexity, points.count);
  const auto most = points.count <= options.exact_up_to ? points.count - 1 : static_cast<size_t>(3 * perplexity);
  const Neighbours near = symmetric(conditional(points, perplexity, most));
  const int exaggerated = options.iterations / 3;
  const double rate = std::max(static_cast<double>(points.count) / 48, 50.0);
  std::vector<double> velocity(map.values.size()), gain(map.values.size(), 1);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const Points slope = gradient(near, map, iteration < exaggerated ? 12 : 1, options);
    const double momentum = iteration < exaggerated ? 0.5 : 0.8;
    for (size_t k = 0; k < velocity.size(); ++k) {
      const bool same_way = slope.values[k] * velocity[k] < 0;
      gain[k] = std::max(same_way ? gain[k] + 0.2 : gain[k] * 0.8, 0.01);
      velocity[k] = momentum * velocity[k] - rate * gain[k] * slope.values[k];
      map.values[k] += velocity[k];
    }
    if (step) step(iteration + 1);
  }
  return map;
}

double tsne_loss(const Points& points, const Points& map, double perplexity) {
  const Neighbours near = symmetric(conditional(points, fitting(perplexity, points.count), points.count - 1));
  Points ignored{map.count, 2, std::vector<double>(map.count * 2)};
  const double sum = exact_repulsion(map, ignored);
  double loss = 0;
  for (size_t i = 0; i < map.count; ++i)
    for (size_t k = near.begin[i]; k < near.begin[i + 1]; ++k) {
      const double* other = map[static_cast<size_t>(near.columns[k])];
      const double dx = map[i][0] - other[0], dy = map[i][1] - other[1];
      if (near.p[k] > 0) loss += near.p[k] * std::log(near.p[k] * sum * (1 + dx * dx + dy * dy));
    }
  return loss;
}

}  // namespace grus::report
