// In the place of open_model.cpp: a page has a model of translate, and those of the other programs take 0.2 MB more.
#include "deploy/open_model.h"
#include "deploy/runners.h"

namespace grus::deploy {

std::unique_ptr<Runner> open_model(const std::filesystem::path& model, const options::Given& flags) {
  return std::make_unique<Translating>(model.string(), flags);
}

}  // namespace grus::deploy
