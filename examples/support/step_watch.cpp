#include "examples/support/step_watch.h"

#include <fmt/format.h>

#include "core/base/atomic_file.h"

namespace grus {
namespace {
constexpr int drawn = 3, first_profiled = 4, last_profiled = 13;
}

StepWatch::StepWatch(std::string page, std::string trace) : page_(std::move(page)), trace_(std::move(trace)) {
  for (const std::string& file : {page_, trace_})
    if (!file.empty()) const AtomicFile can_be_made(file);
}

void StepWatch::step_begin(const training::StepBegin&, training::Control&) {
  ++step_;
  const bool draw = step_ == drawn && !page_.empty();
  if (draw || (step_ == first_profiled && !trace_.empty())) profile_ = std::make_unique<Profile>();
  if (draw) recorded_ = std::make_unique<StepPage>();
}

void StepWatch::backward_end(const training::BackwardEnd& event, training::Control&) {
  if (recorded_) {
    recorded_->write_html(page_, event.model.named_parameters());
    recorded_.reset();
    profile_.reset();
  }
  if (profile_ && step_ == last_profiled) {
    fmt::print("\n{}\n{}\n{}", profile_->table(), profile_->table(Profile::By::module),
               profile_->table(Profile::By::kernel));
    profile_->write_trace(trace_);
    profile_.reset();
  }
}

}  // namespace grus
