#include "training/callback.h"

namespace grus::training {

const Figure* Record::find(std::string_view name) const {
  for (const Figure& figure : figures)
    if (figure.name == name) return &figure;
  return nullptr;
}

}  // namespace grus::training
