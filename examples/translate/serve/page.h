#pragma once
// The one page of the server: what one types, translated as one types, and what each word looked at.
// Sources: page.cpp, page_script.cpp.
#include <string>
#include <string_view>

#include "report/page.h"

namespace grus::translate {

struct PageOptions {
  std::string name, description;  // of the model
  int64_t beam = 5, most_beam = 20;
  bool attention = true;
  report::Facts facts;
};
/// Returns the page, which holds its style and script and asks for nothing but `translate` beside it.
std::string serve_page(const PageOptions& options);
/// The script; it reads the elements that page.cpp makes.
extern const std::string_view serve_script;

}  // namespace grus::translate
