#pragma once
// A quadtree holds points of a plane in cells of cells, for sums over far ones (Barnes and Hut 1986).
#include <array>
#include <cstdint>
#include <vector>

#include "report/pca.h"

namespace grus::report {

class Quadtree {
 public:
  /// `places` are (count, 2).
  explicit Quadtree(const Points& places);

  struct Repulsion {
    double x = 0, y = 0;  // sum over others j of q^2 (here - j), q = 1 / (1 + distance^2)
    double sum = 0;       // sum over others of q
  };
  /// Returns the sums for a point of the tree, with cells of width / distance < theta as one point; theta 0 is exact.
  Repulsion repulsion(double x, double y, double theta) const;

 private:
  struct Cell {
    double x, y, half;  // centre and half its width
    double sum_x = 0, sum_y = 0;
    double mass = 0;
    int32_t first_child = -1;  // four of them, or none
  };
  void insert(double x, double y);
  int32_t child_at(const Cell& cell, double x, double y) const {
    return cell.first_child + (x >= cell.x ? 1 : 0) + (y >= cell.y ? 2 : 0);
  }
  void split(int32_t cell);
  std::vector<Cell> cells_;
};

}  // namespace grus::report
