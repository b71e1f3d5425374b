// OpenCL alone: faults that need its compiler or driver, and its cache of compiled programs.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/base/error.h"
#include "core/tensor/raw.h"
#include "ops/math/elementwise.h"
#include "ops/math/matmul.h"
#include "ops/math/softmax.h"
#include "tests/data/files.h"
#include "tests/support/devices.h"
#include "tests/support/skip.h"

using namespace grus;
using namespace grus::test;

namespace {

/// Returns false, and skips the test, where OpenCL was built but has no driver: every_device() says why.
bool opencl_works() {
  const bool works = every_device().size() > 1;
  if (!works) test::skip("OpenCL cannot be used here");
  return works;
}

/// Sets an environment variable as long as it lives.
class With {
 public:
  With(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~With() { unsetenv(name_); }
  With(const With&) = delete;

 private:
  const char* name_;
};

/// Runs one skipped test case of this program in a process of its own; returns what it prints, and its exit code.
std::pair<int, std::string> run_alone(const std::string& test_case, const std::string& environment) {
  const Folder folder;
  const std::string out = folder.path("out"), self = std::filesystem::read_symlink("/proc/self/exe");
  const int status =
      std::system(fmt::format("{} '{}' --no-skip -tc='{}' >'{}' 2>&1", environment, self, test_case, out).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, bytes_of(out)};
}

std::vector<std::filesystem::path> files_of(const std::string& folder) {
  std::error_code none;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) files.push_back(entry.path());
  return files;
}

}  // namespace

TEST_CASE("faults: a kernel that does not compile gives the compiler's first words, and compiles when it can") {
  if (!opencl_works()) return;
  const Device device("opencl");
  const Tensor x = Tensor::from(std::vector<double>{1, 1}, {1, 2}, device);  // no other test here computes in f64
  {
    const With broken("GRUS_OPENCL_OPTIONS", "-DELEMENT=no_such_type");
    const std::string error = message_of<DeviceError>([&] { softmax(x); });
    CHECK_MESSAGE(
        error.starts_with("[softmax] need device opencl, got a failure: the kernels softmax-f64 do not compile"),
        error);
    CHECK_MESSAGE(error.find("no_such_type") != std::string::npos, error);
    CHECK_MESSAGE(std::count(error.begin(), error.end(), '\n') == 0, error);
  }
  CHECK(softmax(x).to_vector<double>() == std::vector<double>{0.5, 0.5});
}

TEST_CASE("faults: a wrong id that only the device can see is told by the next download, and then forgotten") {
  if (!opencl_works()) return;
  const Device device("opencl");
  const Tensor table = Tensor::ones({3, 2}, DType::f32, device);
  const Tensor ids = Tensor::from(std::vector<int64_t>{0, 9}, device);
  Tensor y = Tensor::zeros({2, 2}, DType::f32, device);
  CHECK(device.kernels().gather_rows(device.context(), Raw::write_matrix(y), Raw::matrix(table), Raw::matrix(ids)) ==
        Status::ok);
  CHECK(message_of<DeviceError>([&] {
          y.to_vector<float>();
        }).find("need ids and targets inside their tables, got others") != std::string::npos);
  CHECK((table + table).to_vector<float>()[0] == 2);
}

TEST_CASE("alone: what is said without a driver" * doctest::skip()) {
  fmt::print("{}\n", message_of<DeviceError>([] { Device("opencl"); }));
}

TEST_CASE("faults: without a driver OpenCL is refused in one sentence") {
  if (!opencl_works()) return;
  const Folder folder;
  const auto [code, said] =
      run_alone("alone: what is said without a driver", "OCL_ICD_VENDORS=" + folder.path("nowhere"));
  CHECK(code == 0);
  CHECK_MESSAGE(
      said.find("\n[device] need a device opencl, got: there is no OpenCL driver on this machine (clinfo lists "
                "them)\n") != std::string::npos,
      said);
}

// A batched product needs a program with a single kernel.
TEST_CASE("alone: a program is compiled and used" * doctest::skip()) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 1, 0, 0, 1}, {2, 2, 2}, Device("opencl"));
  CHECK(matmul(x, x).to_vector<float>() == std::vector<float>{7, 10, 15, 22, 1, 0, 0, 1});
}

TEST_CASE("faults: compiled programs are kept in GRUS_OPENCL_CACHE, used again, and made anew when damaged") {
  if (!opencl_works()) return;
  const Folder folder;
  const std::string cache = folder.path("cache");
  const auto use = [&] {
    const auto [code, said] = run_alone("alone: a program is compiled and used", "GRUS_OPENCL_CACHE=" + cache);
    CHECK_MESSAGE(code == 0, said);
  };
  use();
  const auto files = files_of(cache);
  REQUIRE(files.size() == 1);
  const std::string kept = bytes_of(files[0]);
  const auto written = std::filesystem::last_write_time(files[0]);
  use();
  CHECK(std::filesystem::last_write_time(files[0]) == written);  // read, not written
  std::filesystem::resize_file(files[0], kept.size() / 2);
  use();
  CHECK(bytes_of(files[0]).size() == kept.size());
  CHECK(files_of(cache).size() == 1);
}
