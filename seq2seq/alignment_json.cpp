#include "seq2seq/alignment_json.h"

namespace grus::seq2seq {

nlohmann::ordered_json alignment_json(const Alignment& alignment) {
  const size_t width = alignment.source.size();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t t = 0; t < alignment.target.size(); ++t) {
    const float* row = alignment.weights.data() + t * width;
    rows.push_back(std::vector<float>(row, row + width));
  }
  return {{"source", alignment.source}, {"target", alignment.target}, {"weights", rows}};
}

std::string alignment_line(const Alignment& alignment, std::string_view format) {
  if (format == "pharaoh") return data::format_links(hard_links(alignment)) + "\n";
  return alignment_json(alignment).dump() + "\n";
}

}  // namespace grus::seq2seq
