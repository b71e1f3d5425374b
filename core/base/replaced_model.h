#pragma once
// A model that a run replaces stays of use until the run has good weights of its own: it stands aside meanwhile.
#include <filesystem>
#include <string>
#include <vector>

namespace grus {

/// Returns where the model of a folder stands: in FOLDER/replaced while a run replaces it, else where the path says.
std::filesystem::path standing_model(const std::filesystem::path& folder);
/// Says whether an older model stands aside.
bool replaces_model(const std::filesystem::path& folder);
/// Clears the folder for a new run: moves what it holds of these files and folders to FOLDER/replaced if a model
/// (config.json, model.safetensors) is among them, and removes them if not, or if one stands aside already, which
/// stays. One rename decides: whenever the process ends, standing_model() finds all of the files. Throws Error, naming
/// the file.
void set_model_aside(const std::filesystem::path& folder, const std::vector<std::string>& names);
/// Removes the model that stands aside, if any: the run has good weights of its own. One rename decides.
void drop_replaced_model(const std::filesystem::path& folder);

}  // namespace grus
