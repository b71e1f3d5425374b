#include "examples/support/step_watch.h"

#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "parallel/world.h"

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
  parallel::Communicator& ranks = parallel::world();
  const bool draw = step_ == drawn && !page_.empty() && ranks.leads();
  if (step_ == first_profiled && !trace_.empty() && ranks.several()) {
    ranks.barrier("the first step of the trace");  // ranks' clocks begin together
    ranks.record_spans();
  }
  if (draw || (step_ == first_profiled && !trace_.empty())) profile_ = std::make_unique<Profile>();
  if (draw) recorded_ = std::make_unique<StepPage>();
}

void StepWatch::backward_end(const training::BackwardEnd& event, training::Control&) {
  if (recorded_) {
    recorded_->write_html(page_, event.model.named_parameters());
    recorded_.reset();
    profile_.reset();
  }
}

void StepWatch::step_end(const training::StepEnd&, training::Control&) {
  if (step_ != last_profiled || !profile_) return;
  if (parallel::world().leads())
    fmt::print("\n{}\n{}\n{}", profile_->table(), profile_->table(Profile::By::module),
               profile_->table(Profile::By::kernel));
  write_trace();
  profile_.reset();
}

void StepWatch::write_trace() const {
  parallel::Communicator& ranks = parallel::world();
  if (!ranks.several()) return profile_->write_trace(trace_);
  const std::vector<std::string> events = ranks.gather(
      "trace", profile_->trace_events(ranks.rank(), fmt::format("rank {}", ranks.rank()), ranks.take_spans()));
  if (ranks.leads()) write_file_atomically(trace_, trace_file(events));
}

}  // namespace grus
