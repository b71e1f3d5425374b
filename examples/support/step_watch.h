#pragma once
// A StepWatch looks into a run: one step becomes a page, and ten steps show where their time goes.
#include <memory>
#include <string>

#include "core/watch/profile.h"
#include "nn/module.h"
#include "page/step_page.h"
#include "training/callback.h"

namespace grus {

/// Steps are counted from the first of this process, which warms up; an empty file name asks for nothing.
class StepWatch : public training::Callback {
 public:
  /// `page` is the HTML of the leader's third step; `trace` is the trace events of the next ten, whose table is
  /// printed, with all ranks side by side. Throws Error for a file that cannot be written.
  StepWatch(std::string page, std::string trace);
  void step_begin(const training::StepBegin& event, training::Control& control) override;
  void backward_end(const training::BackwardEnd& event, training::Control& control) override;
  void step_end(const training::StepEnd& event, training::Control& control) override;
  bool on_every_rank() const override { return true; }

 private:
  void write_trace() const;
  std::string page_, trace_;
  int step_ = 0;
  std::unique_ptr<Profile> profile_;
  std::unique_ptr<StepPage> recorded_;
};

}  // namespace grus
