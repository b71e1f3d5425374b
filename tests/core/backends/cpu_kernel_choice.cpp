// The choice of kernels: by the clock, kept in a file, or by rules.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

#include "core/backends/cpu/kernel_choice.h"
#include "core/base/error.h"
#include "tests/support/folder.h"

using namespace grus;

namespace {

std::string text_in(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

/// Returns a choice that rules do not make.
cpu::KernelChoice unusual() {
  return {cpu::kernels_of(Precision::bf16).back(), cpu::kernels_of(Precision::int8).back(), {true, true}};
}

}  // namespace

TEST_CASE("kernel choice: what rules prefer stays unless another is clearly quicker") {
  CHECK(cpu::quickest({1.0}) == 0);
  CHECK(cpu::quickest({1.0, 0.9}) == 0);
  CHECK(cpu::quickest({1.0, 0.8}) == 1);
  CHECK(cpu::quickest({1.0, 0.8, 0.7}) == 2);
}

TEST_CASE("kernel choice: a text that was made of a choice gives it back") {
  CHECK(cpu::choice_from(cpu::text_of(unusual(), "a CPU"), "kept") == unusual());
  CHECK(cpu::choice_from(cpu::text_of(cpu::ruled_choice(), ""), "kept") == cpu::ruled_choice());
}

TEST_CASE("kernel choice: rules decide about rows that a text leaves out") {
  CHECK(cpu::choice_from("grus products 1\n", "kept") == cpu::ruled_choice());
}

TEST_CASE("kernel choice: a text that cannot be followed is refused with its line") {
  const auto read = [](const char* text) { cpu::choice_from(text, "kept"); };
  CHECK_THROWS_WITH_AS(read("hello\n"), "kept:1: need 'grus products 1', got 'hello'", DataError);
  CHECK_THROWS_WITH_AS(read(""), "kept:1: need 'grus products 1', got ''", DataError);
  CHECK_THROWS_WITH_AS(read("grus products 1\nf32-plain mine\n"), "kept:2: need ours or OpenBLAS, got 'mine'",
                       DataError);
  CHECK_THROWS_WITH_AS(read("grus products 1\n\n"),
                       "kept:2: need cpu, bf16, int8, f32-large-weights or f32-plain, got ''", DataError);
  CHECK_THROWS_WITH_AS(read("grus products 1\ncpu x\nbf16 ABACUS\n"),
                       doctest::Contains("kept:3: need kernels for bf16 that this CPU has ("), DataError);
}

TEST_CASE("kernel choice: a named file is made once, and followed from then on") {
  const test::Folder folder;
  const std::string file = folder.path("products");
  const cpu::KernelChoice made = cpu::kept_choice(file, false);
  CHECK(cpu::choice_from(text_in(file), file) == made);
  write(file, cpu::text_of(unusual(), "another CPU"));
  CHECK(cpu::kept_choice(file, false) == unusual());
  CHECK_THROWS_WITH_AS(cpu::kept_choice(folder.path("none/products"), false), doctest::Contains("none/products"),
                       Error);
}

TEST_CASE("kernel choice: a cache of another CPU or of damaged text is made anew, of this one followed") {
  const test::Folder folder;
  const std::string file = folder.path("grus/products");
  cpu::kept_choice(file, true);
  const std::string made = text_in(file), line = made.substr(16, made.find("\nbf16 ") - 15);
  write(file, "grus products 1\n" + line + "f32-plain ours\n");
  CHECK(cpu::kept_choice(file, true).f32.plain);
  for (const std::string& text : {cpu::text_of(unusual(), "another CPU"), std::string(line), std::string("\0\n", 2)}) {
    write(file, text);
    CHECK_FALSE(cpu::kept_choice(file, true).f32.plain);
    CHECK(text_in(file).find(line) != std::string::npos);
    CHECK(text_in(file).starts_with("grus products 1\n"));
  }
}

TEST_CASE("kernel choice: a cache that cannot be written costs nothing but time") {
  CHECK_NOTHROW(cpu::kept_choice("/dev/null/products", true));
}
