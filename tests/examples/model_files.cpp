// Folders of programs' models that are not as they were written.
#include "tasks/base/model_files.h"

#include <doctest/doctest.h>

#include <fstream>

#include "nn/gru.h"
#include "nn/serialize.h"
#include "options/option.h"
#include "tasks/base/run_options.h"
#include "tests/support/folder.h"
#include "tests/support/tensors.h"

using namespace grus;
using test::Folder;
using test::message_of;
namespace fs = std::filesystem;

namespace {

// A folder as a program leaves it: a configuration, a vocabulary, weights and a state.
struct SavedFolder {
  Folder folder;
  tasks::TrainingOptions options;
  nn::Gru model{{.input = 1, .hidden = 2}};
  options::Table table = tasks::training_rows(options);

  SavedFolder() {
    options.out = folder.path("m");
    tasks::begin_run("demo", table, {.write = [](const fs::path& to) {
                       std::ofstream(to / "words.vocab") << "a\nb\nc\n";
                       return std::vector<std::string>{"words.vocab"};
                     }});
    nn::save_weights(fs::path(options.out) / "model.safetensors", model);
  }
  void read() {
    tasks::load_options("demo", options.out, table);
    tasks::load_weights(options.out, model);
  }
};

}  // namespace

TEST_CASE(
    "model files: every flipped bit in a folder's configuration, vocabulary and weights is an error with its name") {
  SavedFolder saved;
  CHECK_NOTHROW(saved.read());
  int files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(saved.options.out)) {
    const std::string file = entry.path().string(), good = test::bytes_of(file);
    for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      std::ofstream(file, std::ios::binary) << bad;
      const std::string message = message_of([&] { saved.read(); });
      REQUIRE_MESSAGE(message.starts_with(file), bit << ": " << message);
    }
    std::ofstream(file, std::ios::binary) << good;
    ++files;
  }
  CHECK(files == 3);
}

TEST_CASE("options: --precision names the precision that is set, int8 for use alone") {
  tasks::UseOptions use;
  options::Table rows = tasks::use_rows(use);
  for (const Precision one : {Precision::bf16, Precision::f16, Precision::int8, Precision::f32}) {
    set(options::row_of(rows, "precision"), name_of(one));
    CHECK(use.machine.precision == one);
  }
  tasks::TrainingOptions training;
  options::Table table = tasks::training_rows(training);
  set(options::row_of(table, "precision"), "f16");
  CHECK(training.machine.precision == Precision::f16);
  CHECK(message_of([&] { set(options::row_of(table, "precision"), "int8"); }) ==
        "--precision: need f32 or bf16 or f16, got 'int8'");
}
