#include <fmt/format.h>

#include <algorithm>

#include "core/watch/profile_events.h"

namespace grus {
namespace {

std::string json_text(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

constexpr const char* name_of(Phase phase) {
  return phase == Phase::forward ? "forward" : phase == Phase::backward ? "backward" : "outside";
}

}  // namespace

std::string trace_json(const std::vector<OpEvent>& ops, const std::vector<KernelEvent>& kernels) {
  int64_t zero = INT64_MAX;
  for (const OpEvent& e : ops) zero = std::min(zero, e.start);
  for (const KernelEvent& e : kernels) zero = std::min(zero, e.call.start);
  std::string json = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n";
  const auto event = [&](std::string_view name, const char* category, int64_t start, int64_t length,
                         const std::string& args) {
    if (json.back() == '}') json += ",\n";
    json += fmt::format(
        R"({{"name": {}, "cat": "{}", "ph": "X", "ts": {:.3f}, "dur": {:.3f}, "pid": 1, "tid": 1, "args": {{{}}}}})",
        json_text(name), category, 1e-3 * static_cast<double>(start - zero), 1e-3 * static_cast<double>(length), args);
  };
  for (const OpEvent& e : ops)
    event(e.op->name() + std::string(e.phase == Phase::backward ? " backward" : ""), name_of(e.phase), e.start,
          e.nanoseconds, fmt::format(R"("module": {}, "shapes": {})", json_text(e.scope), json_text(e.shapes)));
  for (const KernelEvent& e : kernels)
    event(*e.call.variant_name ? fmt::format("{} {}", e.call.entry, e.call.variant_name) : e.call.entry, "kernel",
          e.call.start, e.call.nanoseconds,
          fmt::format(R"("op": {}, "module": {}, "backend": {}, "dtype": "{}", "FLOPs": {:.0f}, "bytes": {:.0f})",
                      json_text(e.owner ? e.owner->name() : ""), json_text(e.scope), json_text(e.call.backend),
                      name_of(e.call.dtype), e.call.flops, e.call.bytes));
  return json + "\n]}\n";
}

}  // namespace grus
