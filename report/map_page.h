#pragma once
// A page of maps, from plain data.
#include <string>
#include <vector>

#include "report/label_map.h"
#include "report/page.h"

namespace grus::report {

struct MapSection {
  std::string title;
  LabelMap map;
  std::string caption;
};

struct MapPage {
  std::string title, model;  // one phrase each
  std::vector<MapSection> sections = {};
  std::string method = {};  // a sentence on how to read it
  Facts facts = {};
  std::string command = {};
};

/// Returns a page in one file without network, in light, dark and print.
std::string render_maps(const MapPage& page);

}  // namespace grus::report
