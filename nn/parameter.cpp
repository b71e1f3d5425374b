#include "nn/parameter.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/printable.h"
#include "core/tensor/raw.h"

namespace grus::nn {

namespace {
thread_local CloneScope* active_clone = nullptr;
}

struct CloneScope::Copies {
  std::unordered_map<const void*, std::shared_ptr<void>> objects;
  std::unordered_map<const Leaf*, Ref<Leaf>> leaves;  // apart from the slots, so that tied parameters stay tied
};

CloneScope::CloneScope() : copies_(std::make_unique<Copies>()), outer_(std::exchange(active_clone, this)) {}
CloneScope::~CloneScope() { active_clone = outer_; }
CloneScope* CloneScope::active() { return active_clone; }

std::shared_ptr<void> CloneScope::find_copy(const void* original) const {
  const auto found = copies_->objects.find(original);
  return found == copies_->objects.end() ? nullptr : found->second;
}

void CloneScope::remember(const void* original, std::shared_ptr<void> copy) {
  copies_->objects.emplace(original, std::move(copy));
}

std::shared_ptr<Parameter::Slot> CloneScope::copy_slot(const std::shared_ptr<Parameter::Slot>& slot) {
  return copy_of(slot, [this](const Parameter::Slot& original) {
    Ref<Leaf>& leaf = copies_->leaves[original.leaf.get()];
    if (!leaf) {
      leaf = Leaf::create(original.leaf->value().clone());
      leaf->requires_grad = original.leaf->requires_grad;
    }
    return std::make_shared<Parameter::Slot>(Parameter::Slot{leaf, original.place});
  });
}

Parameter::Parameter(Tensor value) {
  require<UsageError>(value.defined(), "[Parameter] need a tensor, got an undefined one");
  slot_ = std::make_shared<Slot>(Slot{Leaf::create(Raw::owns_storage_alone(value) ? value : value.detach().clone())});
}

Parameter::Parameter(const Parameter& other)
    : slot_(active_clone ? active_clone->copy_slot(other.slot_) : other.slot_),
      member_(active_clone && other.member_) {}

Parameter& Parameter::operator=(Parameter&& other) {
  if (this == &other) return *this;
  if (member_ && slot_ && slot_->place == Place::registered)
    fail<UsageError>(
        "[Parameter] need tie() for two names of one parameter or assign() for other values, got another in the place "
        "of a module's parameter {}",
        shape());
  slot_ = std::move(other.slot_);
  member_ = other.member_;
  return *this;
}

Leaf& Parameter::leaf() const {
  require<UsageError>(slot_ != nullptr, "[Parameter] need a defined parameter, got an absent one");
  return *slot_->leaf;
}

void tie(const Parameter& keep, Parameter& drop) {
  require<UsageError>(keep.shape() == drop.shape() && keep.value().dtype() == drop.value().dtype(),
                      "[tie] need two parameters of the same shape and dtype, got {} {} and {} {}", keep.shape(),
                      keep.value().dtype(), drop.shape(), drop.value().dtype());
  drop.slot_->leaf = keep.slot_->leaf;
}

std::string list_names(const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  const size_t shown = std::min<size_t>(names.size(), 20);
  std::string text = fmt::format("; {}: ", title);
  for (size_t n = 0; n < shown; ++n) text += fmt::format("{}{}", n ? ", " : "", Shown{names[n]});
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

const Tensor* find(const NamedTensors& tensors, std::string_view name) {
  for (const NamedTensor& entry : tensors)
    if (entry.name == name) return &entry.tensor;
  return nullptr;
}

}  // namespace grus::nn
