// The kernel table itself, and memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <string_view>

#include "core/backends/backends.h"
#include "tests/core/backends/harness.h"

using namespace grus;
using namespace grus::test;

namespace {

bool is_linked_in(const KernelTable& table) { return &table == &reference_backend() || &table == &cpu_backend(); }

}  // namespace

TEST_CASE("backends: every table speaks this library's ABI and has every required entry") {
  for (const Backend& backend : backends()) {
    const KernelTable& table = backend.table;
    CHECK(table.abi == kernels_abi);
    CHECK(std::strlen(table.describe(backend.context)) > 0);
    CHECK(table.last_error(backend.context) != nullptr);
    constexpr size_t first = offsetof(KernelTable, open), optional = offsetof(KernelTable, gru_gates);
    for (size_t at = first; at < optional; at += sizeof(void*)) {
      void* entry = nullptr;
      std::memcpy(&entry, reinterpret_cast<const char*>(&table) + at, sizeof entry);
      CHECK_MESSAGE(entry != nullptr, fmt::format("{}: entry {} is null", table.name, (at - first) / sizeof(void*)));
    }
  }
}

TEST_CASE("backends: the reference has the optional entries too, and one device only") {
  const KernelTable& table = reference_backend();
  CHECK(static_cast<bool>(table.gru_gates));
  CHECK(static_cast<bool>(table.gru_gates_backward));
  CHECK(static_cast<bool>(table.attention));
  CHECK(static_cast<bool>(table.attention_backward));
  CHECK(static_cast<bool>(table.cross_entropy));
  CHECK(static_cast<bool>(table.ctc));
  CHECK(static_cast<bool>(table.lstm_gates));
  CHECK(static_cast<bool>(table.lstm_gates_backward));
  CHECK(static_cast<bool>(table.sgd_step));
  CHECK(static_cast<bool>(table.adam_step));
  CHECK(static_cast<bool>(table.adadelta_step));
  Context* context = nullptr;
  CHECK(table.open(1, &context) == Status::failed);
  CHECK(std::strlen(table.last_error(context)) > 0);
}

TEST_CASE("cpu: GRUS_ISA hides the instruction sets above it from the kernels") {
  const char* const given = std::getenv("GRUS_ISA");
  const std::string_view limit = given ? given : "";
  for (const Backend& backend : backends()) {
    if (&backend.table != &cpu_backend()) continue;
    const std::string text = backend.table.describe(backend.context);
    const auto runs = [&](const char* target) {
      return text.find(fmt::format("SIMD {},", target)) != std::string::npos;
    };
    CHECK(!(runs("AVX3") && (limit == "avx2" || limit == "baseline")));
    CHECK(!((runs("AVX2") || runs("NEON")) && limit == "baseline"));
  }
}

TEST_CASE("memory: buffers are aligned to 64 bytes on the host, keep what was written, and may be empty") {
  for (const Backend& backend : backends()) {
    const KernelTable& table = backend.table;
    for (size_t bytes : {0, 1, 63, 64, 65, 1000}) {
      DeviceBuffer buffer{};
      REQUIRE(table.allocate(backend.context, bytes, &buffer) == Status::ok);
      CHECK(buffer.handle != nullptr);
      if (is_linked_in(table)) CHECK(reinterpret_cast<uintptr_t>(buffer.handle) % 64 == 0);
      CHECK(buffer.bytes >= bytes);
      CHECK(buffer.derived == nullptr);
      std::vector<unsigned char> written(bytes), read(bytes);
      std::iota(written.begin(), written.end(), static_cast<unsigned char>(3));
      CHECK(table.upload(backend.context, &buffer, 0, written.data(), bytes) == Status::ok);
      CHECK(table.download(backend.context, read.data(), &buffer, 0, bytes) == Status::ok);
      CHECK(read == written);
      table.release(backend.context, &buffer);
    }
  }
}

TEST_CASE("memory: uploads and downloads begin where they are told") {
  for (const Backend& backend : backends()) {
    const KernelTable& table = backend.table;
    DeviceBuffer buffer{};
    REQUIRE(table.allocate(backend.context, 6, &buffer) == Status::ok);
    CHECK(table.upload(backend.context, &buffer, 0, "abcdef", 6) == Status::ok);
    CHECK(table.upload(backend.context, &buffer, 2, "XY", 2) == Status::ok);
    char read[5] = {};
    CHECK(table.download(backend.context, read, &buffer, 1, 4) == Status::ok);
    CHECK(std::string(read) == "bXYe");
    table.release(backend.context, &buffer);
  }
}

// A sanitizer's allocator would end the process instead.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("memory: asking for more than there is returns out_of_memory") {
  for (const Backend& backend : backends()) {
    DeviceBuffer buffer{};
    CHECK(backend.table.allocate(backend.context, SIZE_MAX / 4, &buffer) == Status::out_of_memory);
    CHECK(backend.table.allocate(backend.context, SIZE_MAX, &buffer) == Status::out_of_memory);
  }
}
#endif
