#include "core/base/replaced_model.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "core/base/error.h"
#include "tests/support/folder.h"

using grus::drop_replaced_model, grus::replaces_model, grus::set_model_aside, grus::standing_model;
using grus::test::bytes_of, grus::test::Folder;

namespace {

namespace fs = std::filesystem;

const std::vector<std::string> names = {"config.json", "model.safetensors", "state.safetensors", "words.vocab", "last"};

// A folder with a model, whose files say which one it is, and a file of the user's own.
struct OldModel {
  Folder folder;
  fs::path root = folder.root();
  OldModel() {
    for (const std::string& name : names)
      if (name != "last") folder.file(name, "old");
    folder.file("notes.txt", "mine");
    fs::create_directory(root / "last");
    folder.file("last/step-1.safetensors", "old");
  }
  std::string standing(const std::string& name) const { return bytes_of(standing_model(root) / name); }
};

}  // namespace

TEST_CASE("replaced model: it stands aside whole until it is dropped, and other files stay where they are") {
  const OldModel old;
  CHECK(standing_model(old.root) == old.root);
  set_model_aside(old.root, names);
  CHECK(replaces_model(old.root));
  for (const std::string& name : names) CHECK_FALSE(fs::exists(old.root / name));
  for (const char* name : {"config.json", "model.safetensors", "words.vocab", "last/step-1.safetensors"})
    CHECK(old.standing(name) == "old");
  CHECK(bytes_of(old.root / "notes.txt") == "mine");
  old.folder.file("config.json", "new");
  old.folder.file("model.safetensors", "new");
  CHECK(old.standing("model.safetensors") == "old");
  drop_replaced_model(old.root);
  CHECK(old.standing("config.json") == "new");
  CHECK(std::distance(fs::directory_iterator(old.root), {}) == 3);
}

TEST_CASE("replaced model: a second run that replaces a run without good weights keeps the older model") {
  const OldModel old;
  set_model_aside(old.root, names);
  old.folder.file("config.json", "second");
  old.folder.file("model.safetensors", "not judged");
  set_model_aside(old.root, names);
  CHECK(old.standing("model.safetensors") == "old");
  CHECK_FALSE(fs::exists(old.root / "model.safetensors"));
}

TEST_CASE("replaced model: a process that ends anywhere leaves all of one model") {
  const OldModel old;
  const fs::path half = old.root / ".replaced", aside = old.root / "replaced";
  fs::create_directory(half);
  fs::create_hard_link(old.root / "config.json", half / "config.json");
  CHECK(old.standing("model.safetensors") == "old");  // not all links were made
  CHECK(old.standing("words.vocab") == "old");
  set_model_aside(old.root, names);
  CHECK(old.standing("words.vocab") == "old");
  for (const char* name : {"config.json", "words.vocab"})  // not all files were removed
    fs::copy_file(aside / name, old.root / name);
  CHECK(old.standing("model.safetensors") == "old");
  for (const char* name : {"config.json", "model.safetensors"}) old.folder.file(name, "new");
  fs::rename(aside, half);  // not dropped whole
  fs::remove(half / "words.vocab");
  CHECK(old.standing("model.safetensors") == "new");
  drop_replaced_model(old.root);
  CHECK_FALSE(fs::exists(half));
}

TEST_CASE("replaced model: a folder without a model is cleared, and a foreign folder in its place is an error") {
  const Folder folder;
  folder.file("state.safetensors", "stopped");
  set_model_aside(folder.root(), names);
  CHECK(fs::is_empty(folder.root()));
  const OldModel old;
  fs::create_directory(old.root / "replaced");
  old.folder.file("replaced/mine", "mine");
  CHECK_THROWS_WITH_AS(
      set_model_aside(old.root, names),
      ((old.root / "replaced").string() + ": need this name for the model that is replaced, got something else there")
          .c_str(),
      grus::Error);
  for (const char* name : {"config.json", "model.safetensors", "state.safetensors"})
    CHECK(bytes_of(old.root / name) == "old");
}
