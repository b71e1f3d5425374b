#include "core/device/environment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/base/error.h"

using namespace grus;

namespace {

/// Returns the message of check_environment() while the variable has the value.
std::string message_with(const char* name, const char* value) {
  const char* const given = std::getenv(name);
  const std::string before = given ? given : "";
  setenv(name, value, 1);
  std::string message;
  try {
    check_environment();
  } catch (const UsageError& error) {
    message = error.what();
  }
  given ? setenv(name, before.c_str(), 1) : unsetenv(name);
  return message;
}

}  // namespace

TEST_CASE("environment: a value that means nothing is an error that names the variable and what it takes") {
  for (const char* value : {"many", "0", "-1", "257", "4 ", "1e1", "99999999999"})
    CHECK(message_with("GRUS_NUM_THREADS", value) ==
          "[GRUS_NUM_THREADS] need a whole number from 1 to 256, got '" + std::string(value) + "'");
  CHECK(message_with("GRUS_KERNELS", "Composed") == "[GRUS_KERNELS] need fused or composed, got 'Composed'");
  CHECK(message_with("GRUS_ISA", "sse4") ==
        "[GRUS_ISA] need baseline, avx2, avx512, avx512_vnni, avx512_bf16 or amx, got 'sse4'");
}

TEST_CASE("environment: what means something is taken, and an empty value is none") {
  for (const char* value : {"", "1", "256"}) CHECK(message_with("GRUS_NUM_THREADS", value).empty());
  for (const char* value : {"", "fused", "composed"}) CHECK(message_with("GRUS_KERNELS", value).empty());
  for (const char* value : {"", "baseline", "avx2", "avx512"}) CHECK(message_with("GRUS_ISA", value).empty());
}

TEST_CASE("environment: a name that nothing reads is listed, and those that something reads are not") {
  const std::vector<std::string> before = unknown_variables();
  setenv("GRUS_THREADS", "2", 1);
  setenv("GRUS_OPENCL_CACHE_", "", 1);
  std::vector<std::string> found = unknown_variables();
  unsetenv("GRUS_THREADS");
  unsetenv("GRUS_OPENCL_CACHE_");
  CHECK(std::count(found.begin(), found.end(), "GRUS_THREADS") == 1);
  CHECK(std::count(found.begin(), found.end(), "GRUS_OPENCL_CACHE_") == 1);
  CHECK(found.size() == before.size() + 2);
  for (const char* name : {"GRUS_NUM_THREADS", "GRUS_DEVICE", "GRUS_KERNELS", "GRUS_ISA"}) {
    CHECK(std::count(found.begin(), found.end(), name) == 0);
    CHECK(known_variables().find(name) != std::string::npos);
  }
}
