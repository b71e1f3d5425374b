#include "train/callback.h"

namespace grus::train {

const Figure* Record::find(std::string_view name) const {
  for (const Figure& figure : figures)
    if (figure.name == name) return &figure;
  return nullptr;
}

}  // namespace grus::train
