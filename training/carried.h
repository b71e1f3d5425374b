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
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "training/callback.h"

namespace grus::training {

/// Carried is a State that is saved with its run; where steps are cut into shards, each shard has its own. State has
/// tensors(), which names what it holds, and State::of(), its reverse. A run has one Carried of each name.
template <class State>
class Carried : public Callback {
 public:
  explicit Carried(std::string name = "carried") : name_(std::move(name)) {}
  State& operator*() { return states_[at_]; }
  State* operator->() { return &states_[at_]; }

  std::string name() const override { return name_; }
  bool on_every_rank() const override { return true; }
  void step_begin(const StepBegin&, Control&) override { before_ = states_; }
  void step_skipped(const StepSkipped&, Control&) override { states_ = before_; }
  void shard_begin(const ShardBegin& event, Control&) override { go_to(static_cast<size_t>(event.shard)); }
  /// Names of a shard's tensors begin with its number: "3/h". Once there was a step, a rank has those of its own
  /// shards.
  nn::NamedTensors state() const override {
    nn::NamedTensors all;
    for (size_t shard = 0; shard < states_.size(); ++shard) {
      if (!own_.empty() && (shard >= own_.size() || !own_[shard])) continue;
      for (const auto& [name, tensor] : states_[shard].tensors())
        all.push_back({sharded_ ? std::to_string(shard) + "/" + name : name, tensor});
    }
    return all;
  }
  void load_state(const nn::NamedTensors& saved) override {
    std::vector<nn::NamedTensors> here(1);
    for (const auto& [name, tensor] : saved) {
      const size_t slash = name.find('/');
      const bool of_shard =
          slash != std::string::npos && slash > 0 && slash < 7 && name.find_first_not_of("0123456789") == slash;
      sharded_ = sharded_ || of_shard;
      const size_t shard = of_shard ? std::stoul(name.substr(0, slash)) : 0;
      if (shard >= here.size()) here.resize(shard + 1);
      here[shard].push_back({of_shard ? name.substr(slash + 1) : name, tensor.to(default_device())});
    }
    states_.clear();
    own_.clear();
    for (const nn::NamedTensors& one : here) states_.push_back(one.empty() ? State() : State::of(one));
  }

 private:
  void go_to(size_t shard) {
    sharded_ = true;
    at_ = shard;
    states_.resize(std::max(states_.size(), shard + 1));
    own_.resize(std::max(own_.size(), shard + 1));
    own_[shard] = true;
  }
  std::string name_;
  std::vector<State> states_ = std::vector<State>(1), before_;  // before_: the step
  std::vector<bool> own_;                                       // which shards had a step since the state was loaded
  size_t at_ = 0;
  bool sharded_ = false;
};

}  // namespace grus::training
