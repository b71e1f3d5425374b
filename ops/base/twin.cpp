#include "ops/base/twin.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace grus {
namespace {

thread_local TwinCapture* capture = nullptr;

bool same_variable(const Tensor& a, const Tensor& b) {
  if (a.node().tape != 0 || b.node().tape != 0)
    return a.node().tape == b.node().tape && a.node().value == b.node().value;
  return a.leaf() && a.leaf() == b.leaf();
}

/// Collects in ys the outputs that a gradient reached and that depend on something, and in seeds these gradients.
void collect(const std::vector<Tensor>& outputs, const Grads& dx, std::vector<Tensor>& ys, std::vector<Tensor>& seeds) {
  for (size_t k = 0; k < outputs.size(); ++k) {
    const Tensor& dy = dx.dy()[k];
    if (!dy.defined() || outputs[k].node().tape == 0) continue;
    ys.push_back(outputs[k]);
    seeds.push_back(dy);
  }
}

}  // namespace

TwinCapture::TwinCapture() : outer_(capture) { capture = this; }
TwinCapture::~TwinCapture() { capture = outer_; }
bool TwinCapture::active() { return capture != nullptr; }

bool fused_kernels_wanted() {
  static const bool wanted = [] {
    const char* kernels = std::getenv("GRUS_KERNELS");
    return !kernels || std::string_view(kernels) != "composed";
  }();
  return wanted;
}

void differentiate_twin(std::span<const SavedInput> inputs, const TwinFunction& twin) {
  if (capture) {
    capture->found_ = true;
    capture->outputs_ = twin();
    return;
  }
  const size_t before = Tape::active()->size();
  std::vector<Tensor> sources, ys, seeds;
  std::vector<Input> places;
  for (const SavedInput& input : inputs) {
    const bool again = std::any_of(sources.begin(), sources.end(),
                                   [&](const Tensor& source) { return same_variable(source, input.value); });
    if (!input.wanted() || again) continue;  // a tensor that is two inputs gets its gradient once
    sources.push_back(input.value);
    places.push_back(input);
  }
  const std::vector<Tensor> all = twin();
  collect(all, inputs[0].grads(), ys, seeds);
  const std::vector<Tensor> gradients = Tape::active()->grad(ys, seeds, sources, true, before);
  for (size_t i = 0; i < gradients.size(); ++i) places[i].add(gradients[i]);
}

void differentiate_again(Grads& dx, const Saved& inputs, size_t arguments,
                         const std::function<std::vector<Tensor>(std::span<const Tensor>)>& f) {
  if (dx.recording()) {
    std::vector<SavedInput> all;
    for (const Tensor& x : inputs) all.emplace_back(dx, all.size(), x);
    return differentiate_twin(all, [&] { return f(inputs.first(arguments)); });
  }
  Tape tape;  // ends here, and with it all that f saved
  std::vector<Tensor> xs, sources, ys, seeds;
  std::vector<size_t> places;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& x = inputs[i];
    const bool is_argument = i < arguments, wanted = dx.wanted(i);
    if (is_argument) xs.push_back(wanted ? tape.watch(x) : x.defined() ? x.detach() : Tensor());
    if (!wanted) continue;
    sources.push_back(is_argument ? xs.back() : x);
    places.push_back(i);
  }
  const std::vector<Tensor> all = f(xs);
  collect(all, dx, ys, seeds);
  const std::vector<Tensor> gradients = tape.take_gradients(ys, seeds, sources);
  for (size_t i = 0; i < gradients.size(); ++i) dx.add(places[i], gradients[i]);
}

}  // namespace grus
