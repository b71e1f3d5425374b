#include "examples/support/page.h"

#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "report/markup.h"
#include "report/page.h"

namespace grus::programs {

void write_page(const std::string& file, const PageAbout& about, const std::string& sections) {
  if (file.empty()) return;
  const std::string title = report::escape(about.title);
  std::string body =
      report::page_header(fmt::format("Grus · {}", about.program), title, report::escape(about.subtitle)) + sections;
  if (!about.command.empty()) body += report::run_again_section(about.command, {}, {});
  write_file_atomically(file, report::html_page(title, body));
}

}  // namespace grus::programs
