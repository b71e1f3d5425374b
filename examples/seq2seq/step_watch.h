#pragma once
// A StepWatch looks into a run: one step becomes a page, and ten steps show where their time goes.
#include <memory>
#include <string>

#include "core/watch/profile.h"
#include "nn/module.h"
#include "page/step_page.h"

namespace grus::seq2seq {

/// Steps are counted from the first of this process, which warms up; an empty file name asks for nothing.
class StepWatch {
 public:
  /// `page` is the HTML of the third step; `trace` is the trace events of the next ten, whose table is printed. Throws
  /// Error for a file that cannot be written.
  StepWatch(std::string page, std::string trace);
  void before_step();
  /// Must be called while the parameters have their gradients.
  void after_backward(const nn::ModuleBase& model);

 private:
  std::string page_, trace_;
  int step_ = 0;
  std::unique_ptr<Profile> profile_;
  std::unique_ptr<StepPage> recorded_;
};

}  // namespace grus::seq2seq
