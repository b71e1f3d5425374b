#pragma once
// The command `card`: what a model's folder says of it, and what its author adds.
#include <string>

#include "options/option.h"

namespace grus::programs {

struct CardOptions {
  std::string model, out;
  std::string title, author, date, licence, data, data_licence, limits;
  options::Table table();
  void check(const options::Given& given);
};
/// Writes the card as Markdown or, for a file .html, as a page; without a name as card.md in the model's folder, from
/// where `pack` takes it along. Figures are those of the validation that chose the weights. Throws DataError for a folder
/// that holds no model.
int card(CardOptions& o, const std::string& command_line);

}  // namespace grus::programs
