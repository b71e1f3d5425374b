#include "tests/random/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/device/kernel_calls.h"
#include "core/device/storage.h"
#include "tests/random/model.h"
#include "tests/support/threads.h"

namespace grus::test {
namespace {

/// Takes one program through everything that is checked.
class Check {
 public:
  Check(const Program& program, const Checker& checker, Counts& counts)
      : program_(program), checker_(checker), counts_(counts), order_(program.seed % 3 == 0 ? 2 : 1) {}

  std::string run() {
    count_program();
    exact_ =
        grus::test::run(program_, Device("reference"), DType::f64, {.order = order_, .recorded = &counts_.recorded});
    const auto scales = scales_of(program_, exact_, order_);
    if (scales) scales_ = *scales;
    if (!scales || !measures_loss()) {
      ++counts_.kinks;
      return "";
    }
    std::string failure = slopes();
    if (failure.empty()) failure = devices();
    return failure;
  }

 private:
  void count_program() {
    ++counts_.programs;
    counts_.second += order_ == 2;
    counts_.steps += static_cast<int64_t>(program_.drawn.size());
    for (const std::string& op : program_.drawn) ++counts_.drawn[op];
  }

  bool large() const {
    return std::any_of(program_.values.begin(), program_.values.end(),
                       [](const Program::Value& value) { return value.shape.numel() > 4096; });
  }

  /// A fused op records all of its results, its twin those that depend on what varies.
  bool constants() const {
    return std::any_of(program_.given.begin(), program_.given.end(),
                       [](const Program::Given& given) { return given.kind == Input::Kind::numbers && !given.varies; });
  }

  /// The elements of a large program are never all away from kinks.
  std::string slopes() {
    for (int order = 1; order <= order_ && program_.measurable && !large(); ++order) {
      bool measured = false;
      const std::string failure = slope_difference(program_, exact_, scales_, order, measured);
      ++(measured ? counts_.slopes : counts_.no_slopes);
      if (!failure.empty()) return failure;
    }
    return "";
  }

  std::string devices() {
    const int several = 2 + static_cast<int>(program_.seed / 3 % 4);
    const Threads restored(1);
    std::string failure;
    for (const Device& device : checker_.devices)
      for (const DType dtype : {DType::f64, DType::f32})
        for (const int threads : {1, several})
          if (failure.empty()) failure = same(device, dtype, threads);
    return failure;
  }

  /// Whether the program says something in f32. Not asked of many elements: the reference adds them up one by one, with
  /// an error that grows as they do.
  bool measures_loss() {
    if (large()) return true;
    return measure_loss(
        scales_,
        grus::test::run(program_, Device("reference"), DType::f32, {.order = order_, .recorded = &counts_.recorded}),
        exact_);
  }

  std::string same(Device device, DType dtype, int threads) {
    set_num_threads(threads);
    const auto once = [&](bool consume) {
      return grus::test::run(program_, device, dtype, {.order = order_, .consume = consume && order_ == 1});
    };
    const Pieces got = once(false);
    double share = 0;
    std::string failure = difference(got, exact_, scales_, rounding_of(dtype), share);
    if (failure.empty() && !constants()) failure = tape_difference(got, exact_);
    for (int i = 1; i < checker_.times && failure.empty(); ++i)
      if (!same_bits(once(i == 1), got)) failure = "other bits another time";
    if (!failure.empty()) return fmt::format("{} {}, {} threads: {}", device.name(), dtype, threads, failure);
    Counts::Compared& compared = counts_.compared[fmt::format("{} {}", device.name(), dtype)];
    ++compared.runs;
    if (share > compared.worst) compared.worst = share, compared.seed = program_.seed;
    return "";
  }

  const Program& program_;
  const Checker& checker_;
  Counts& counts_;
  const int order_;
  Pieces exact_;
  std::vector<Scale> scales_;
};

}  // namespace

std::string Checker::check(const Program& program) const {
  Counts nobody;
  return Check(program, *this, counts ? *counts : nobody).run();
}

Device composed_device() {
  static const Device device = [] {
    const Device cpu("cpu");
    auto* table = new KernelTable(cpu.state().own_table);  // it lives as long as the process, as its device does
    table->gru_gates = nullptr;
    table->gru_gates_backward = nullptr;
    table->attention = nullptr;
    table->attention_backward = nullptr;
    table->cross_entropy = nullptr;
    table->lstm_gates = nullptr;
    table->lstm_gates_backward = nullptr;
    table->ctc = nullptr;
    table->sgd_step = nullptr;
    table->adam_step = nullptr;
    table->adadelta_step = nullptr;
    table->dot_attention = nullptr;
    table->dot_attention_backward = nullptr;
    table->norm_rows = nullptr;
    table->norm_rows_backward = nullptr;
    for (const KernelEntry& entry : kernel_entries(*table))
      require<UsageError>(!entry.present || entry.need == Need::required || entry.need == Need::spared,
                          "[composed_device] need {} left out, got it", entry.name);
    return Device(new DeviceState("composed", *table, cpu.context()));
  }();
  return device;
}

}  // namespace grus::test
