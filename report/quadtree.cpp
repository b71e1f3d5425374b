#include "report/quadtree.h"

#include <algorithm>

namespace grus::report {
namespace {

constexpr int deepest = 48;  // points that are still together at this depth are one

}  // namespace

Quadtree::Quadtree(const Points& places) {
  double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
  for (size_t i = 0; i < places.count; ++i) {
    const double x = places[i][0], y = places[i][1];
    low_x = i ? std::min(low_x, x) : x, high_x = i ? std::max(high_x, x) : x;
    low_y = i ? std::min(low_y, y) : y, high_y = i ? std::max(high_y, y) : y;
  }
  const double half = std::max({(high_x - low_x) / 2, (high_y - low_y) / 2, 1e-12}) * 1.0001;
  cells_.reserve(places.count * 3 + 5);
  cells_.push_back({(low_x + high_x) / 2, (low_y + high_y) / 2, half});
  for (size_t i = 0; i < places.count; ++i) insert(places[i][0], places[i][1]);
}

void Quadtree::split(int32_t at) {
  const auto first = static_cast<int32_t>(cells_.size());
  const Cell parent = cells_[static_cast<size_t>(at)];
  const double quarter = parent.half / 2;
  for (const double dy : {-quarter, quarter})
    for (const double dx : {-quarter, quarter}) cells_.push_back({parent.x + dx, parent.y + dy, quarter});
  Cell& cell = cells_[static_cast<size_t>(at)];
  cell.first_child = first;
  const double x = parent.sum_x / parent.mass, y = parent.sum_y / parent.mass;
  Cell& child = cells_[static_cast<size_t>(child_at(cell, x, y))];
  child.sum_x = parent.sum_x, child.sum_y = parent.sum_y, child.mass = parent.mass;
}

void Quadtree::insert(double x, double y) {
  int32_t at = 0;
  for (int depth = 0;; ++depth) {
    const Cell& cell = cells_[static_cast<size_t>(at)];
    const bool same = cell.mass > 0 && cell.sum_x == x * cell.mass && cell.sum_y == y * cell.mass;
    if (cell.first_child < 0 && cell.mass > 0 && !same && depth < deepest) split(at);
    Cell& here = cells_[static_cast<size_t>(at)];
    here.sum_x += x, here.sum_y += y, here.mass += 1;
    if (here.first_child < 0) return;
    at = child_at(here, x, y);
  }
}

Quadtree::Repulsion Quadtree::repulsion(double x, double y, double theta) const {
  Repulsion total;
  std::array<int32_t, 4 * (deepest + 2)> waiting;
  size_t count = 0;
  waiting[count++] = 0;
  while (count > 0) {
    const Cell& cell = cells_[static_cast<size_t>(waiting[--count])];
    if (cell.mass == 0) continue;
    const double dx = x - cell.sum_x / cell.mass, dy = y - cell.sum_y / cell.mass, d2 = dx * dx + dy * dy;
    const bool leaf = cell.first_child < 0;
    if (!leaf && 4 * cell.half * cell.half >= theta * theta * d2) {
      for (int32_t c = 0; c < 4; ++c) waiting[count++] = cell.first_child + c;
      continue;
    }
    const bool own = leaf && d2 < 1e-20;
    const double mass = own ? cell.mass - 1 : cell.mass, q = 1 / (1 + d2);
    total.sum += mass * q;
    total.x += mass * q * q * dx;
    total.y += mass * q * q * dy;
  }
  return total;
}

}  // namespace grus::report
