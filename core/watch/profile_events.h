#pragma once
// The events that a Profile remembers.
#include <string>

#include "core/base/op.h"
#include "core/device/kernel_calls.h"
#include "core/watch/profile.h"

namespace grus {

enum class Phase { outside, forward, backward };

struct KernelEvent {
  KernelCall call;
  const char* scope;  // path of the module that ran it
  const Op* owner;    // op that it belongs to, or null
  Phase phase;
};

struct OpEvent {
  const Op* op;
  const char* scope;
  Phase phase;
  int64_t start, nanoseconds;
  std::string shapes;
};

/// Returns trace events in Chrome's format:
/// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
std::string trace_events(const std::vector<OpEvent>& ops, const std::vector<KernelEvent>& kernels,
                         const std::vector<Profile::Span>& spans, int process, int64_t zero);
/// Returns `text` in JSON's quotes.
std::string trace_text(std::string_view text);

}  // namespace grus
