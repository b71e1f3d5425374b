#include "report/pca.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/split_mix.h"

namespace grus::report {
namespace {

double dot(const double* a, const double* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(double* y, double scale, const double* x, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] += scale * x[i];
}

Points centred(Points points) {
  std::vector<double> mean(points.width);
  for (size_t i = 0; i < points.count; ++i)
    add_scaled(mean.data(), 1 / static_cast<double>(points.count), points[i], points.width);
  for (size_t i = 0; i < points.count; ++i) add_scaled(points[i], -1, mean.data(), points.width);
  return points;
}

// Makes rows orthonormal, each against those before it, twice (once loses digits). A row with nothing left becomes 0.
void orthonormalise(Points& rows) {
  for (size_t r = 0; r < rows.count; ++r) {
    for (int pass = 0; pass < 2; ++pass)
      for (size_t k = 0; k < r; ++k) add_scaled(rows[r], -dot(rows[r], rows[k], rows.width), rows[k], rows.width);
    const double norm = std::sqrt(dot(rows[r], rows[r], rows.width));
    for (size_t i = 0; i < rows.width; ++i) rows[r][i] = norm > 1e-9 ? rows[r][i] / norm : 0;
  }
}

// Runs one round: directions <- directions X^T X, with the length of each as its variance.
std::vector<double> multiply(const Points& x, Points& directions) {
  Points next{directions.count, directions.width, std::vector<double>(directions.values.size())};
  for (size_t i = 0; i < x.count; ++i)
    for (size_t r = 0; r < directions.count; ++r) add_scaled(next[r], dot(x[i], directions[r], x.width), x[i], x.width);
  std::vector<double> lengths;
  for (size_t r = 0; r < next.count; ++r) lengths.push_back(std::sqrt(dot(next[r], next[r], next.width)));
  directions = std::move(next);
  return lengths;
}

}  // namespace

Points principal_components(const Points& points, size_t wanted) {
  wanted = std::min({wanted, points.width, points.count});
  if (wanted == 0) return {points.count, 0, {}};
  const Points x = centred(points);
  const size_t spare = std::min({wanted + 8, x.width, x.count});
  Points directions{spare, x.width, std::vector<double>(spare * x.width)};
  SplitMix random(1);
  for (double& value : directions.values) value = static_cast<double>(random.next() >> 11) * 0x1p-52 - 1;
  orthonormalise(directions);
  std::vector<double> last(spare);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> lengths = multiply(x, directions);
    orthonormalise(directions);
    double moved = 0;
    for (size_t r = 0; r < wanted; ++r) moved = std::max(moved, std::abs(lengths[r] - last[r]));
    last = std::move(lengths);
    if (moved <= 1e-9 * last.front()) break;
  }
  Points result{x.count, wanted, std::vector<double>(x.count * wanted)};
  for (size_t r = 0; r < wanted; ++r) {
    const double* d = directions[r];
    const auto largest = std::max_element(d, d + x.width, [](double a, double b) { return std::abs(a) < std::abs(b); });
    for (size_t i = 0; i < x.count; ++i) result[i][r] = dot(x[i], d, x.width) * (*largest < 0 ? -1 : 1);
  }
  return result;
}

std::vector<std::vector<int32_t>> nearest_by_cosine(const Points& points, size_t most) {
  Points unit = points;
  for (size_t i = 0; i < unit.count; ++i) {
    const double norm = std::sqrt(dot(unit[i], unit[i], unit.width));
    for (size_t k = 0; k < unit.width && norm > 0; ++k) unit[i][k] /= norm;
  }
  most = std::min(most, unit.count > 0 ? unit.count - 1 : 0);
  std::vector<std::vector<int32_t>> nearest(unit.count);
  std::vector<double> cosine(unit.count);
  for (size_t i = 0; i < unit.count; ++i) {
    for (size_t j = 0; j < unit.count; ++j) cosine[j] = j == i ? -2 : dot(unit[i], unit[j], unit.width);
    std::vector<int32_t> order(unit.count);
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(most), order.end(),
                      [&](int32_t a, int32_t b) {
                        const double x = cosine[static_cast<size_t>(a)], y = cosine[static_cast<size_t>(b)];
                        return x != y ? x > y : a < b;
                      });
    order.resize(most);
    nearest[i] = std::move(order);
  }
  return nearest;
}

}  // namespace grus::report
