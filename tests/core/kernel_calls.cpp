#include "core/device/kernel_calls.h"

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

#include "core/tensor/tensor.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"

using namespace grus;

namespace {

class Calls : public KernelObserver {
 public:
  void called(const KernelCall& call) override { all.push_back(call); }
  std::vector<KernelCall> of(const char* entry) const {
    std::vector<KernelCall> found;
    for (const KernelCall& call : all)
      if (!std::strcmp(call.entry, entry)) found.push_back(call);
    return found;
  }
  std::vector<KernelCall> all;
};

Status never_open(int, Context**) { return Status::failed; }

}  // namespace

TEST_CASE("kernel calls: an observer sees each kernel with its variant, dtype, FLOPs and bytes") {
  const Device device("reference");
  const Tensor a = Tensor::ones({3, 4}, DType::f64, device), b = Tensor::ones({4, 5}, DType::f64, device);
  Calls calls;
  {
    KernelObserverScope scope(calls);
    tanh(matmul(a, b));
  }
  const auto gemm = calls.of("gemm"), unary = calls.of("unary");
  REQUIRE(gemm.size() == 1);
  CHECK(std::string(gemm[0].backend) == "reference");
  CHECK(gemm[0].dtype == DType::f64);
  CHECK(gemm[0].variant == -1);
  CHECK(gemm[0].flops == 2 * 3 * 4 * 5);
  CHECK(gemm[0].bytes == 8 * (12 + 20 + 15));
  CHECK(gemm[0].nanoseconds >= 0);
  REQUIRE(unary.size() == 1);
  CHECK(unary[0].variant == static_cast<int>(UnaryOp::tanh));
  CHECK(std::string(unary[0].variant_name) == "tanh");
  CHECK(unary[0].flops == 15);
  CHECK(unary[0].bytes == 2 * 8 * 15);
  CHECK(unary[0].start >= gemm[0].start + gemm[0].nanoseconds);
}

TEST_CASE("kernel calls: a call goes to its own device while it is watched, and is reported under that name") {
  for (const Device& device : {Device("reference"), Device("cpu"), Device("reference")}) {
    const Tensor a = Tensor::ones({3, 4}, DType::f32, device);
    Calls calls;
    KernelObserverScope scope(calls);
    tanh(a);
    REQUIRE(calls.of("unary").size() == 1);
    CHECK(std::string(calls.of("unary")[0].backend) == device.name());
  }
}

TEST_CASE("kernel calls: an element that is broadcast counts once in bytes, each time in FLOPs") {
  const Tensor a = Tensor::ones({3, 4}, DType::f32), b = Tensor::ones({4}, DType::f32);
  Calls calls;
  KernelObserverScope scope(calls);
  add(a, b);
  REQUIRE(calls.of("binary").size() == 1);
  CHECK(calls.of("binary")[0].flops == 12);
  CHECK(calls.of("binary")[0].bytes == 4 * (12 + 12 + 4));
}

TEST_CASE("kernel calls: uploads and downloads are seen with their bytes") {
  Calls calls;
  {
    KernelObserverScope scope(calls);
    const std::vector<float> values = {1, 2, 3};
    Tensor::from(values, {3}).to_vector<float>();
  }
  REQUIRE(calls.of("upload").size() == 1);
  CHECK(calls.of("upload")[0].bytes == 12);
  CHECK(calls.of("download").size() == 1);
}

TEST_CASE("kernel calls: nothing is reported, and the backend's own table is back, when the last observer has gone") {
  const Device device("reference");
  const KernelTable* before = &device.kernels();
  Calls outer, inner;
  {
    KernelObserverScope first(outer);
    {
      KernelObserverScope second(inner);
      Tensor::ones({2}, DType::f32, device);
    }
    CHECK(inner.of("fill").size() == 1);
    Tensor::ones({2}, DType::f32, device);
    CHECK(&device.kernels() != before);
  }
  Tensor::ones({2}, DType::f32, device);
  CHECK(inner.of("fill").size() == 1);
  CHECK(outer.of("fill").size() == 2);
  CHECK(&device.kernels() == before);
}

TEST_CASE("kernel calls: entries are listed in order, with variants and with what a table lacks") {
  KernelTable table{};
  table.open = never_open;
  const auto entries = kernel_entries(table);
  std::set<std::string> names;
  for (const KernelEntry& entry : entries) {
    CHECK(entry.present == (std::string(entry.name) == "open"));
    names.insert(entry.name);
  }
  CHECK(names.size() == entries.size());
  CHECK(std::string(entries.front().name) == "open");
  CHECK(names.contains("cross_entropy"));
  const auto cpu = kernel_entries(Device("cpu").kernels());
  for (const KernelEntry& entry : cpu) CHECK((entry.present || entry.need != Need::required));
}

TEST_CASE("kernel calls: loops are not shared out while an observer stands, and are again when it is gone") {
  const Device device("cpu");
  CHECK(static_cast<bool>(device.kernels().run_parts));
  Calls calls;
  {
    const KernelObserverScope scope(calls);
    CHECK(!device.kernels().run_parts);
  }
  CHECK(static_cast<bool>(device.kernels().run_parts));
}

TEST_CASE("kernel calls: an entry that a backend lacks stays null while it is observed") {
  Calls calls;
  const Device device("reference");
  const auto before = kernel_entries(device.kernels());
  KernelObserverScope scope(calls);
  const auto during = kernel_entries(device.kernels());
  for (size_t i = 0; i < before.size(); ++i) CHECK(before[i].present == during[i].present);
}
