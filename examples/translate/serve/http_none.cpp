#include "core/base/error.h"
#include "examples/translate/serve/http.h"

namespace grus::translate {

void serve_http(const HttpOptions&, const std::vector<Page>&, const std::function<HttpAnswer(const std::string&)>&,
                const std::function<void(int)>&, const std::function<void()>&) {
  fail<UsageError>("[serve] need a build with cpp-httplib (Debian: libcpp-httplib-dev), got one without");
}

}  // namespace grus::translate
