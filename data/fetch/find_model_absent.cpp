// In the place of find_model.cpp, for programs that fetch nothing: a model is where its path says.
#include "core/base/error.h"
#include "core/base/replaced_model.h"
#include "data/fetch/find_model.h"

namespace grus::data {

void set_model_index(const std::string&) {}
std::filesystem::path find_model(const std::string& path_or_name) { return standing_model(path_or_name); }
std::vector<ModelEntry> list_models() { fail("[models] need a program that fetches models, got one that is whole"); }

}  // namespace grus::data
