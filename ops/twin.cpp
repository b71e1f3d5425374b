#include "ops/twin.h"

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

void differentiate_twin(Grads& dx, std::span<const TensorArg> inputs,
                        const std::function<std::vector<Tensor>()>& twin) {
  if (capture) {
    capture->found_ = true;
    capture->outputs_ = twin();
    return;
  }
  const size_t before = Tape::active()->size();
  std::vector<Tensor> sources, ys, seeds;
  std::vector<int> positions;
  int position = 0;
  for (const TensorArg& input : inputs) {
    const bool again = std::any_of(sources.begin(), sources.end(),
                                   [&](const Tensor& source) { return same_variable(source, *input.tensor); });
    if (dx.wanted(position) && !again) {  // a tensor that is two inputs gets its whole gradient once
      sources.push_back(*input.tensor);
      positions.push_back(position);
    }
    ++position;
  }
  int output = 0;
  for (const Tensor& y : twin()) {
    const Tensor& dy = dx.dy(output++);
    if (!dy.defined() || y.node().tape == 0) continue;  // nothing reached it, or it depends on no input
    ys.push_back(y);
    seeds.push_back(dy);
  }
  const std::vector<Tensor> gradients = Tape::active()->grad(ys, seeds, sources, true, before);
  for (size_t i = 0; i < gradients.size(); ++i) dx.add(positions[i], gradients[i]);
}

}  // namespace grus
