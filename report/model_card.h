#pragma once
// Model cards (Mitchell et al. 2019, arXiv 1810.03993): what a model is, what it was trained on, how good it is, and
// where it ends; as Markdown and as a page. Plain text comes in; what is empty is left out.
#include <string>

#include "report/page.h"

namespace grus::report {

struct ModelCard {
  std::string title, summary;  // a phrase and a sentence
  Facts about = {};            // author, date, licence, size, ...
  Facts data = {};             // what it was trained on, and under which licence
  Facts figures = {};          // name and value; `protocol` says of what and how they were measured
  std::string protocol = {};
  std::string limits = {};
  Facts training = {};  // command, seed, machine, ...
  Facts options = {};
};

std::string card_markdown(const ModelCard& card);
/// Returns the page in one file.
std::string card_page(const ModelCard& card);

}  // namespace grus::report
