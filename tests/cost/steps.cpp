// Guards of speed without a clock compare what a training step and a step of decoding ask for with stated limits. A
// limit is the count when it was written, plus what another compiler or library may add; a count that must not change
// has none to spare. When a change lowers a count, its limit is lowered too.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <new>
#include <string>

#include "core/backends/cpu/derived.h"
#include "core/device/kernel_calls.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "ops/math/shape.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "tests/bench/peer_model.h"
#include "tests/support/skip.h"
#include "tests/support/threads.h"

namespace {
int64_t heap_requests = 0;  // the tests use one thread
}

void* operator new(size_t bytes) {
  ++heap_requests;
  if (void* place = std::malloc(bytes ? bytes : 1)) return place;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++heap_requests;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, size_t) noexcept { std::free(place); }

using namespace grus;
using namespace grus::bench;

namespace {

/// A cost counts everything that a step asked for.
struct Cost : KernelObserver {
  void called(const KernelCall& call) override {
    ++calls;
    ++of[call.entry];
    if (std::string_view(call.entry) == "gemm") product_flops += call.flops;
  }
  int64_t calls = 0, heap = 0, packings = 0, backend_allocations = 0;
  size_t peak = 0;
  double product_flops = 0;
  std::map<std::string, int64_t> of;
};

std::string text(const Cost& cost) {
  std::string text = fmt::format("{} packings, {} heap requests, {} bytes at the peak, {} kernel calls:", cost.packings,
                                 cost.heap, cost.peak, cost.calls);
  for (const auto& [entry, count] : cost.of) text += fmt::format(" {} {}", count, entry);
  return text;
}

/// Runs `step` twice to warm up, then counts the third time. The heap is counted in a fourth, without an observer.
template <class F>
Cost cost_of(F&& step) {
  const test::Threads alone(1);
  step();
  step();
  Cost cost;
  const Device cpu("cpu");
  reset_peak_memory(cpu);
  const size_t before = memory_statistics(cpu).live;
  const auto allocations = memory_statistics(cpu).allocations;
  const int64_t packings = cpu::weights_packed();
  {
    const KernelObserverScope scope(cost);
    step();
  }
  cost.packings = cpu::weights_packed() - packings;
  cost.backend_allocations = static_cast<int64_t>(memory_statistics(cpu).allocations - allocations);
  cost.peak = memory_statistics(cpu).peak - before;
  const int64_t heap = heap_requests;
  step();
  cost.heap = heap_requests - heap;
  return cost;
}

/// Returns `count` sentences of 3 to 9 words, no two neighbours of the same length.
std::vector<std::vector<int32_t>> sentences(int64_t count, int32_t words, int64_t salt) {
  std::vector<std::vector<int32_t>> rows;
  for (int64_t b = 0; b < count; ++b) {
    std::vector<int32_t>& row = rows.emplace_back(1, SOS);
    for (int64_t i = 0; i < 3 + (b * 5 + salt) % 7; ++i)
      row.push_back(4 + static_cast<int32_t>((b * 31 + i * 17 + salt) % (words - 4)));
    row.push_back(EOS);
  }
  return rows;
}

struct Translator {
  static constexpr int32_t words = 60;
  static constexpr int64_t batch = 8;
  Rng rng{1};
  PeerModel model{words, words, 0.1, rng};
  nn::Parameters parameters = model.named_parameters();
  optim::Adam adam{parameters};
  std::vector<std::vector<int32_t>> source = sentences(batch, words, 1), target = sentences(batch, words, 4);
  PackedIds s = packed_ids(source, 0, batch, 0, 0), inputs = packed_ids(target, 0, batch, 0, 1),
            targets = packed_ids(target, 0, batch, 1, 0);

  void train() {
    adam.zero_grad();
    Tape tape;
    tape.backward(model(s, inputs, targets.ids));
    adam.step(optim::clip_scale(parameters, 1.0).scale);
  }
  /// Returns the multiply-adds of a training step's products at real places, times 6: forward, and twice that backward.
  double flops() const {
    constexpr double E = 256, H = 512, V = words;
    const auto n = static_cast<double>(s.lengths.total()), m = static_cast<double>(inputs.lengths.total()),
               b = static_cast<double>(batch);
    return 6 * (n * (2 * 3 * H * (E + H) + 2 * H * H) + b * 2 * H * H +
                m * (3 * H * (E + 3 * H) + H * H + V * (E + 3 * H)));
  }
};

}  // namespace

TEST_CASE("cost: a training step of a translator keeps to its kernel calls, products, packings and memory") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  Translator t;
  const Cost cost = cost_of([&] { t.train(); });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 385);
  CHECK(cost.product_flops / t.flops() <= 1.0);  // nothing is computed for padding
  CHECK(cost.packings <= 22);
  CHECK(cost.backend_allocations <= 9);  // large ones are of the backend's heap
  CHECK(cost.peak <= 1'810'000);
  CHECK(cost.heap <= 200);
}

TEST_CASE("cost: a step of decoding packs no weight and asks the backend for no memory") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  const NoGrad unrecorded;
  Translator t;
  t.model.eval();
  const PeerModel::Encoded encoded = t.model.encode(t.s);
  std::vector<int64_t> columns;
  for (int64_t i = 0; i < t.batch; ++i) columns.push_back(i);
  const AttentionRows rows = attention_rows(encoded.memory.lengths, columns);
  const AttentionGruWeights decoder = t.model.decoder();
  const Tensor word = Tensor::from(std::vector<int32_t>(static_cast<size_t>(t.batch), SOS));
  const Cost cost = cost_of([&] {
    const Tensor e = t.model.target_embedding(word);
    const Output out = attention_gru_step(e, encoded.h, encoded.memory, rows, decoder);
    argmax(t.model.output(concat({out.y, out.attention.context, e}, 1)), {1});
  });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 15);
  CHECK(cost.packings == 0);
  CHECK(cost.backend_allocations == 0);
  CHECK(cost.heap <= 8);
}

TEST_CASE("cost: a recorded addition is one kernel call forward, one backward, and asks the heap for nothing") {
  const Ref<Leaf> x = Leaf::create(Tensor::ones({1}, DType::f32));
  const Cost cost = cost_of([&] {
    x->zero_grad();
    Tape tape;
    Tensor y = x->tensor();
    for (int i = 0; i < 1000; ++i) y = y + x->tensor();
    tape.backward(y);
  });
  CAPTURE(text(cost));
  CHECK(cost.calls <= 2001);
  CHECK(cost.backend_allocations == 0);
  CHECK(cost.heap <= 50);
}

TEST_CASE("cost: a step of Adam is one kernel call a parameter and asks the heap for nothing") {
  if (!fused_kernels_wanted()) return test::skip("limits are those of fused kernels");
  nn::Parameters parameters;
  for (const char* name : {"a", "b", "c"}) parameters.push_back({name, nn::Parameter(Tensor::ones({8}))});
  for (const auto& [name, parameter] : parameters) parameter.leaf().set_grad(Tensor::ones({8}));
  optim::Adam adam(parameters);
  const Cost fused = cost_of([&] { adam.step(0.5); });
  CAPTURE(text(fused));
  CHECK(fused.of.at("adam_step") == 3);
  CHECK(fused.calls == 3);
  CHECK(fused.heap == 0);
  adam.set_fused(false);
  const Cost composed = cost_of([&] { adam.step(0.5); });
  CAPTURE(text(composed));
  CHECK(!composed.of.contains("adam_step"));
  CHECK(composed.of.at("binary") <= 3 * 13);
}
