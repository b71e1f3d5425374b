#include <fmt/format.h>

#include <algorithm>

#include "core/watch/profile_events.h"

namespace grus {
namespace {

constexpr const char* name_of(Phase phase) {
  return phase == Phase::forward ? "forward" : phase == Phase::backward ? "backward" : "outside";
}

}  // namespace

std::string trace_text(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string trace_events(const std::vector<OpEvent>& ops, const std::vector<KernelEvent>& kernels,
                         const std::vector<Profile::Span>& spans, int process, int64_t zero) {
  std::string json;
  const auto event = [&](std::string_view name, const char* category, int64_t start, int64_t length, int line,
                         const std::string& args) {
    if (!json.empty()) json += ",\n";
    json += fmt::format(
        R"({{"name": {}, "cat": "{}", "ph": "X", "ts": {:.3f}, "dur": {:.3f}, "pid": {}, "tid": {}, "args": {{{}}}}})",
        trace_text(name), category, 1e-3 * static_cast<double>(start - zero), 1e-3 * static_cast<double>(length),
        process, line, args);
  };
  for (const OpEvent& e : ops)
    event(e.op->name() + std::string(e.phase == Phase::backward ? " backward" : ""), name_of(e.phase), e.start,
          e.nanoseconds, 1, fmt::format(R"("module": {}, "shapes": {})", trace_text(e.scope), trace_text(e.shapes)));
  for (const KernelEvent& e : kernels)
    event(*e.call.variant_name ? fmt::format("{} {}", e.call.entry, e.call.variant_name) : e.call.entry, "kernel",
          e.call.start, e.call.nanoseconds, 1,
          fmt::format(R"("op": {}, "module": {}, "backend": {}, "dtype": "{}", "FLOPs": {:.0f}, "bytes": {:.0f})",
                      trace_text(e.owner ? e.owner->name() : ""), trace_text(e.scope), trace_text(e.call.backend),
                      name_of(e.call.dtype), e.call.flops, e.call.bytes));
  for (const Profile::Span& span : spans) event(span.name, "ranks", span.start, span.nanoseconds, 2, "");
  return json;
}

std::string trace_file(const std::vector<std::string>& events) {
  std::string json = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n";
  for (const std::string& some : events) {
    if (some.empty()) continue;
    if (json.back() == '}') json += ",\n";
    json += some;
  }
  return json + "\n]}\n";
}

}  // namespace grus
