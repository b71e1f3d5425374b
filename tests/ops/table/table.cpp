// The tests that every row of the table goes through. A failure names op, sample, dtype and device.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/device/kernel_calls.h"
#include "core/tape/tape.h"
#include "ops/base/twin.h"
#include "ops/math/elementwise.h"
#include "tests/ops/table/checks.h"
#include "tests/support/skip.h"
#include "tests/support/tensors.h"
#include "tests/support/threads.h"

using namespace grus;
using namespace grus::test;

namespace {

void for_each_sample(const std::function<void(const Row&, const Sample&)>& visit) {
  for (const Row& row : rows())
    for (const Sample& sample : row.samples) visit(row, sample);
}

bool takes(const Row& row, DType dtype) {
  return std::find(row.dtypes.begin(), row.dtypes.end(), dtype) != row.dtypes.end();
}
bool has_gradient(const Row& row, DType dtype) { return row.gradients > 0 && is_float(dtype); }

/// Tells whether a check without a second device says anything new. The reference is checked by the test `table`, not
/// again by those of modules; large samples are for threads and blocks, which its plain loops do not have.
bool tells(const Sample& sample, Device device) {
  static const bool with_cpu = devices().back().name() == "cpu";
  return device != devices().front() || (with_cpu && sample.size != Size::large);
}

/// f32 sums of many terms differ by their order.
Tolerance tolerance_of(const Row& row, const Sample& sample, DType dtype) {
  const bool relative = sample.size == Size::extreme;
  if (dtype == DType::f64) return {sample.size == Size::ordinary ? 1e-12 : 1e-10, relative};
  return {dtype == DType::f32 ? row.f32 : 0, relative};
}

/// Compares bit by bit.
void check_identical(const Run& a, const Run& b, const std::string& what) { check_same(a, b, {0}, what); }

/// Collects the calls of kernels, as "gemm f32" and "unary tanh f32".
class Calls : public KernelObserver {
 public:
  static std::string name(const char* entry, const char* variant, DType dtype) {
    return fmt::format("{} {} {}", entry, variant, dtype);
  }
  void called(const KernelCall& call) override { seen.insert(name(call.entry, call.variant_name, call.dtype)); }
  std::set<std::string> seen;
};

/// Tells whether an entry computes. tests/core/backends/table.cpp tests others, for memory and devices.
bool computes(const std::string& entry) {
  static const std::set<std::string> others{"open",     "close",    "describe",     "last_error",
                                            "allocate", "release",  "drop_derived", "trim",
                                            "upload",   "download", "synchronize",  "run_parts"};
  return !others.contains(entry);
}

/// Returns the dtypes of an entry's results, where it computes in floats.
std::vector<DType> results_of(const std::string& entry, const std::string& variant) {
  if (entry == "random" && variant == "integer") return {DType::i64};
  return entry == "compare" ? std::vector{DType::boolean} : floats;
}

/// Tells whether all numbers of a sample and of its results are whole, so that integers give the same.
bool is_whole(const Sample& sample) {
  const auto whole = [](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double x) { return std::isfinite(x) && x == std::trunc(x); });
  };
  const auto known = [&](const test::Input& input) {
    return whole(input.values) && (!input.values.empty() || input.shape.numel() == 0);
  };
  return std::all_of(sample.inputs.begin(), sample.inputs.end(), known) &&
         std::all_of(sample.expected.begin(), sample.expected.end(),
                     [&](const Expected& y) { return whole(y.values); });
}

bool has_numbers(const Sample& sample) {
  return std::any_of(sample.inputs.begin(), sample.inputs.end(),
                     [](const test::Input& input) { return input.kind == test::Input::Kind::numbers; });
}

}  // namespace

TEST_CASE("table: every op has a value that was worked out elsewhere, or a twin") {
  for (const Row& row : rows())
    CHECK_MESSAGE(std::any_of(row.samples.begin(), row.samples.end(),
                              [](const Sample& sample) { return !sample.expected.empty() || sample.twin; }),
                  row.op);
}

TEST_CASE("table: a sample's inputs have names of their own, and its functions read each of them") {
  for_each_sample([](const Row& row, const Sample& sample) {
    const DType dtype = row.dtypes.front();
    const Device device = devices().back();
    const std::string what = label(row, sample, dtype, device);
    const std::vector<std::string>& names = sample.f.names;
    CHECK_MESSAGE(std::set(names.begin(), names.end()).size() == names.size(), what);
    for (const Function* f : {&sample.f, &sample.twin}) {
      if (!*f) continue;
      const Inputs in(names, make_inputs(sample, dtype, device));
      f->of(in);
      CHECK_MESSAGE(in.unread().empty(), what, ": need a function that reads ",
                    fmt::format("{}", fmt::join(in.unread(), ", ")));
    }
  });
}

TEST_CASE("table: values are those worked out elsewhere, of integers too, on every device") {
  for_each_sample([](const Row& row, const Sample& sample) {
    for (const Device& device : devices())
      for (const DType dtype : row.dtypes) {
        const bool known = is_float(dtype) || (is_number(dtype) && is_whole(sample));
        if (sample.expected.empty() || !known) continue;
        const std::string what = label(row, sample, dtype, device);
        const Run got = run(sample.f, make_inputs(sample, dtype, device), false);
        REQUIRE_MESSAGE(got.outputs.size() == sample.expected.size(), what);
        for (size_t k = 0; k < got.outputs.size(); ++k)
          check_same(got.outputs[k], sample.expected[k].shape, sample.expected[k].values,
                     tolerance_of(row, sample, dtype), what);
      }
  });
}

TEST_CASE("table: gradients are those of finite differences, on every device") {
  for_each_sample([](const Row& row, const Sample& sample) {
    if (row.gradients < 1 || sample.size != Size::ordinary) return;
    for (const Device& device : devices()) {
      if (!tells(sample, device)) continue;
      GradcheckOptions options;
      options.names = sample.f.names;
      const std::string error =
          message_of([&] { gradcheck(TensorsFunction(sample.f), make_inputs(sample, DType::f64, device), options); });
      CHECK_MESSAGE(error == "", label(row, sample, DType::f64, device), ": ", error);
    }
  });
}

TEST_CASE("table: gradients of gradients are those of finite differences, on every device") {
  GradcheckOptions options;
  options.relative = 1e-5;
  options.absolute = 1e-6;
  for_each_sample([&](const Row& row, const Sample& sample) {
    if (row.gradients < 2 || sample.size != Size::ordinary) return;
    options.names = sample.f.names;
    for (const Device& device : devices()) {
      if (!tells(sample, device)) continue;
      const std::string error = message_of(
          [&] { gradgradcheck(TensorsFunction(sample.f), make_inputs(sample, DType::f64, device), options); });
      CHECK_MESSAGE(error == "", label(row, sample, DType::f64, device), ": ", error);
    }
  });
}

TEST_CASE("table: every device agrees with the reference, values and gradients, in every dtype") {
  for_each_sample([](const Row& row, const Sample& sample) {
    for (const DType dtype : row.dtypes) {
      if (sample.size == Size::extreme && !is_float(dtype)) continue;
      const bool gradients = has_gradient(row, dtype) && sample.size != Size::extreme;
      const Run expected = run(sample.f, make_inputs(sample, dtype, devices().front()), gradients);
      for (const Device& device : devices())
        if (device != devices().front())
          check_same(run(sample.f, make_inputs(sample, dtype, device), gradients), expected,
                     tolerance_of(row, sample, dtype), label(row, sample, dtype, device));
    }
  });
}

TEST_CASE("table: a dtype that an op does not take is refused in one sentence that names it") {
  for_each_sample([](const Row& row, const Sample& sample) {
    for (const DType dtype : every_dtype) {
      if (takes(row, dtype) || sample.size != Size::ordinary || !has_numbers(sample)) continue;
      const Device device = devices().front();
      const std::string what = label(row, sample, dtype, device);
      const std::string error = message_of([&] { sample.f(make_inputs(sample, dtype, device)); });
      const std::string name = fmt::format("got {}", dtype);
      CHECK_MESSAGE((error.find(" need ") != std::string::npos && error.find(name) != std::string::npos), what, ": ",
                    error);
    }
  });
}

TEST_CASE("table: f32 is near f64, values and gradients, on every device") {
  for_each_sample([](const Row& row, const Sample& sample) {
    if (!takes(row, DType::f32) || sample.size == Size::extreme) return;
    for (const Device& device : devices()) {
      if (!tells(sample, device)) continue;
      // Both runs get numbers that are rounded to f32 beforehand.
      const Tensors narrow = make_inputs(sample, DType::f32, device);
      Tensors wide;
      for (const Tensor& x : narrow) wide.push_back(is_float(x.dtype()) ? cast(x, DType::f64) : x);
      const bool gradients = row.gradients > 0;
      check_same(run(sample.f, narrow, gradients), run(sample.f, wide, gradients), {row.f32},
                 label(row, sample, DType::f32, device));
    }
  });
}

TEST_CASE("table: a fused op equals its twin by plain ops, values and gradients, on every device") {
  for_each_sample([](const Row& row, const Sample& sample) {
    if (!sample.twin) return;
    for (const Device& device : devices())
      for (const DType dtype : row.dtypes) {
        if (!tells(sample, device)) continue;
        const Tensors inputs = make_inputs(sample, dtype, device);
        check_same(run(sample.f, inputs, has_gradient(row, dtype)), run(sample.twin, inputs, has_gradient(row, dtype)),
                   tolerance_of(row, sample, dtype), label(row, sample, dtype, device));
      }
  });
}

TEST_CASE("table: the same bits every time, and nearly the same for every number of threads") {
  const Threads restored(2);
  for_each_sample([](const Row& row, const Sample& sample) {
    for (const Device& device : devices())
      for (const DType dtype : {DType::f32, DType::f64}) {
        if (!takes(row, dtype) || sample.size == Size::extreme || !tells(sample, device)) continue;
        const Tensors inputs = make_inputs(sample, dtype, device);
        const std::string what = label(row, sample, dtype, device);
        const auto once = [&](int count) {
          set_num_threads(count);
          return run(sample.f, inputs, has_gradient(row, dtype));
        };
        const Tolerance tolerance = sample.any_threads ? Tolerance{0} : tolerance_of(row, sample, dtype);
        const Run two = once(2);
        check_identical(once(2), two, what + ", once more");
        if (device.name() != "cpu") continue;  // it alone computes with these threads
        check_same(once(1), two, tolerance, what + ", one thread against two");
        if (sample.size == Size::large || sample.any_threads)
          check_same(once(3), two, tolerance, what + ", three threads against two");
      }
  });
}

TEST_CASE("table: the gradient of a result alone is asked for without a walk through what made it") {
  for_each_sample([](const Row& row, const Sample& sample) {
    const DType dtype = row.dtypes.front();
    if (!has_gradient(row, dtype) || sample.size == Size::large) return;
    const Device device = devices().front();
    check_own_gradients(sample.f, make_inputs(sample, dtype, device), label(row, sample, dtype, device));
  });
}

TEST_CASE("table: a call changes no input, a tape no value; it gives its memory back") {
  for_each_sample([](const Row& row, const Sample& sample) {
    for (const Device& device : devices()) {
      if (!tells(sample, device)) continue;
      const DType dtype = row.dtypes.front();
      const std::string what = label(row, sample, dtype, device);
      const Tensors inputs = make_inputs(sample, dtype, device);
      const size_t before = memory_statistics(device).live;
      {
        const Run plain = run(sample.f, inputs, false);
        Run taped = run(sample.f, inputs, has_gradient(row, dtype));
        taped.gradients.clear();
        // A fused op may take its twin where it records.
        check_same(taped, plain, sample.twin ? tolerance_of(row, sample, dtype) : Tolerance{0}, what);
      }
      CHECK_MESSAGE(memory_statistics(device).live == before, what);
      const Tensors fresh = make_inputs(sample, dtype, device);
      for (size_t i = 0; i < inputs.size(); ++i)
        CHECK_MESSAGE(inputs[i].to_bytes() == fresh[i].to_bytes(), what, ": changed ", sample.f.names[i]);
    }
  });
}

TEST_CASE("table: errors say what they say") {
  for (const Row& row : rows())
    for (const ErrorCase& error : row.errors)
      CHECK_MESSAGE(message_of([&] { error.run(devices().front()); }) == error.message, row.op);
}

TEST_CASE("table: every op that can be recorded has a row, which records it") {
  if (devices().size() < 2) return skip("there is no second device to copy to, which is an op as well");
  for (const Op* op : Op::all()) {
    bool found = false;
    for (const Row& row : rows()) {
      if (row.op != op->name()) continue;
      for (const Sample& sample : row.samples)
        found |= sample.size == Size::ordinary &&
                 recorded_ops(sample.f, make_inputs(sample, DType::f64, devices().front())).contains(op->name());
    }
    CHECK_MESSAGE(found, "the op ", op->name(), " needs a row of its name that records it (tests/ops/table/)");
  }
}

// With GRUS_KERNELS=composed every op runs its twin (test table-composed).
TEST_CASE(
    "table: every entry of the kernel table is called by a row, each of its variants, in f32 and f64; where twins are "
    "wanted, none that has one") {
  for (const Device& device : devices()) {
    Calls calls;
    {
      const KernelObserverScope watching(calls);
      for_each_sample([&](const Row& row, const Sample& sample) {
        if (sample.size == Size::ordinary)
          for (const DType dtype : floats)
            if (takes(row, dtype)) run(sample.f, make_inputs(sample, dtype, device), has_gradient(row, dtype));
      });
    }
    for (const KernelEntry& entry : kernel_entries(device.kernels())) {
      if (!computes(entry.name) || !entry.present) continue;
      const std::vector<const char*> none{""};
      for (const char* variant : entry.variants.empty() ? none : entry.variants)
        for (const DType dtype : results_of(entry.name, variant)) {
          const bool wanted = fused_kernels_wanted() || entry.need == Need::required;
          CHECK_MESSAGE(calls.seen.contains(Calls::name(entry.name, variant, dtype)) == wanted,
                        fmt::format("{}: {} row calls {}", device.name(), wanted ? "no" : "a",
                                    Calls::name(entry.name, variant, dtype)));
        }
    }
  }
}
