#include "core/watch/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/scope.h"
#include "core/tape/tape.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/reduce.h"
#include "tests/support/folder.h"

using namespace grus;

namespace {

Profile::Row row(const Profile& profile, const std::string& name, Profile::By by = Profile::By::op) {
  for (const Profile::Row& row : profile.rows(by))
    if (row.name == name) return row;
  return {};
}

void step(const Tensor& x, Leaf& w) {
  Tape tape;
  tape.backward(sum(tanh(matmul(x, w.tensor()))));
}

}  // namespace

TEST_CASE("profile: kernels count as forward or backward of the op that ran them, with calls, FLOPs and bytes") {
  const Tensor x = Tensor::ones({3, 4}, DType::f64);
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4, 5}, DType::f64));
  const Profile profile;
  step(x, *w);
  step(x, *w);
  const Profile::Row product = row(profile, "matmul");
  CHECK(product.calls == 2);
  CHECK(product.flops == 2 * 2 * (2 * 3 * 4 * 5));  // two steps, forward and dw
  CHECK(product.forward + product.backward == product.nanoseconds);
  CHECK(product.forward > 0);
  CHECK(product.backward > 0);
  CHECK(row(profile, "tanh").calls == 2);
  CHECK(row(profile, "unary tanh", Profile::By::kernel).calls == 2);
  CHECK(row(profile, "unary tanh", Profile::By::kernel).bytes == 2 * 2 * 8 * 15);
}

TEST_CASE("profile: kernels outside of ops stand under their own names") {
  const Tensor x = Tensor::ones({3, 4}, DType::f64);
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4, 5}, DType::f64));
  const Profile profile;
  step(x, *w);
  matmul(x, w->value());
  CHECK(row(profile, "matmul").calls == 1);
  CHECK(row(profile, "(gemm)").calls == 1);
  CHECK(row(profile, "(gemm)").flops == 2 * 3 * 4 * 5);
}

TEST_CASE("profile: rows by module, the most time first") {
  const Tensor x = Tensor::ones({3, 4}, DType::f64);
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4, 5}, DType::f64));
  const Profile profile;
  current_scope() = "encoder";
  step(x, *w);
  current_scope() = "";
  const Profile::Row encoder = row(profile, "encoder", Profile::By::module);
  CHECK(encoder.nanoseconds > 0);
  const auto rows = profile.rows();
  CHECK(std::is_sorted(rows.begin(), rows.end(),
                       [](const auto& a, const auto& b) { return a.nanoseconds > b.nanoseconds; }));
  CHECK(profile.table().starts_with("op "));
  CHECK(profile.table().find("matmul") != std::string::npos);
}

TEST_CASE("profile: what other threads compute is not its own") {
  const Profile profile;
  std::thread([] { matmul(Tensor::ones({2, 2}), Tensor::ones({2, 2})); }).join();
  CHECK(profile.rows().empty());
}

TEST_CASE("profile: the trace is JSON whose kernels lie within their op") {
  const Tensor x = Tensor::ones({3, 4}, DType::f64);
  const Ref<Leaf> w = Leaf::create(Tensor::ones({4, 5}, DType::f64));
  const Profile profile;
  step(x, *w);
  const test::Folder folder;
  profile.write_trace(folder.path("trace.json"));
  const auto trace = nlohmann::json::parse(test::bytes_of(folder.path("trace.json")));
  const auto& events = trace["traceEvents"];
  const auto named = [&](const std::string& name) {
    return *std::find_if(events.begin(), events.end(), [&](const auto& e) { return e["name"] == name; });
  };
  const auto op = named("tanh"), kernel = named("unary tanh");
  CHECK(op["cat"] == "forward");
  CHECK(kernel["args"]["op"] == "tanh");
  CHECK(kernel["ts"].get<double>() >= op["ts"].get<double>() - 0.001);
  CHECK(kernel["ts"].get<double>() + kernel["dur"].get<double>() <=
        op["ts"].get<double>() + op["dur"].get<double>() + 0.001);
  CHECK(named("matmul backward")["cat"] == "backward");
}
