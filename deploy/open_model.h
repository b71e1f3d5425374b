#pragma once
// A packed model, or a model's folder, becomes a Runner.
//   const auto model = deploy::open_model("de-en.grus", {{"beam", "1"}});   model->run({"ein hund ."})
// Sources: open_model.cpp, deploy/browser/open_translator.cpp.
#include <filesystem>
#include <memory>

#include "deploy/runner.h"

namespace grus::deploy {

/// Loads a folder or a pack, and sets flags of its program's `run`. Throws DataError in one line that names the file
/// for what is no model of these programs, and UsageError for a flag that is not read or out of range.
std::unique_ptr<Runner> open_model(const std::filesystem::path& model, const options::Given& flags = {});

}  // namespace grus::deploy
