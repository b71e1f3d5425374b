#pragma once
// Grey pixels within a chart. A mask lets a rectangle through by their brightness, so that a page chooses the colour.
#include <string>

#include "report/png.h"

namespace grus::report {

/// A place in a chart.
struct InkPlace {
  double x, y, width, height;
};
/// Returns x, y, width and height as attributes.
std::string attributes(const InkPlace& place);
/// Returns the pixels, of 1 channel, over a place; `sharp` ones have edges. Names of masks begin with `prefix`.
std::string ink(const Pixels& pixels, const InkPlace& place, const char* prefix, bool sharp);

}  // namespace grus::report
