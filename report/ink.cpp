#include "report/ink.h"

#include <fmt/format.h>

#include "core/base/checksum.h"
#include "report/markup.h"
#include "report/svg.h"

namespace grus::report {

std::string attributes(const InkPlace& place) {
  return fmt::format(R"(x="{}" y="{}" width="{}" height="{}")", px(place.x), px(place.y), px(place.width),
                     px(place.height));
}

std::string ink(const Pixels& pixels, const InkPlace& place, const char* prefix, bool sharp) {
  const std::string file = png(pixels), where = attributes(place);
  const std::string id = fmt::format("{}-{:08x}", prefix, crc32c(file));
  return fmt::format(
      R"svg(<mask id="{0}" maskUnits="userSpaceOnUse" {1}><image {1} preserveAspectRatio="none"{2} href="{3}"/></mask>
<g class="cells" fill="#123f6d"><rect {1} mask="url(#{0})"/></g>
)svg",
      id, where, sharp ? R"( style="image-rendering:pixelated")" : "", data_url(file, "image/png"));
}

}  // namespace grus::report
