#pragma once
// What a model carries from one step of a run to the next, as the state of a language model between two windows of a
// text, is part of the run's state.
//
//   training::Carried<nn::LanguageState> carried;
//   fit(model, adam, streams, [&](const auto& model, const data::StreamWindow& window) {
//     nn::LanguageLoss now = model.loss(window.inputs, window.targets, window.first ? nn::LanguageState() : *carried);
//     *carried = now.state.detach();
//     return training::Loss(now.loss, window.targets.numel(), now.nll_sum);
//   }, {.epochs = 10, .out = "run", .resume = true, .callbacks = {&carried}});
#include <utility>

#include "training/callback.h"

namespace grus::training {

/// Carried is a State that is saved with its run. State has tensors(), which names what it holds, and State::of(), its
/// reverse. A run has one Carried of each name.
template <class State>
class Carried : public Callback {
 public:
  explicit Carried(std::string name = "carried") : name_(std::move(name)) {}
  State& operator*() { return state_; }
  State* operator->() { return &state_; }

  std::string name() const override { return name_; }
  nn::NamedTensors state() const override { return state_.tensors(); }
  void load_state(const nn::NamedTensors& saved) override {
    nn::NamedTensors here;
    for (const auto& [name, tensor] : saved) here.push_back({name, tensor.to(default_device())});
    state_ = State::of(here);
  }

 private:
  std::string name_;
  State state_;
};

}  // namespace grus::training
