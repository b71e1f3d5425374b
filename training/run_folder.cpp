#include "training/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/base/folder.h"
#include "core/base/replaced_model.h"
#include "core/thread/recording.h"
#include "nn/serialize.h"
#include "ops/math/elementwise.h"

namespace grus::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view before_step = "step-", behind_step = ".safetensors";

int64_t step_of(const std::string& name) {
  if (!name.starts_with(before_step) || !name.ends_with(behind_step)) return -1;
  int64_t step = -1;
  const char* end = name.data() + name.size() - behind_step.size();
  const auto [stop, error] = std::from_chars(name.data() + before_step.size(), end, step);
  return error == std::errc() && stop == end ? step : -1;
}

}  // namespace

RunFolder::RunFolder(const FitOptions& options, Reader)
    : path_(options.out), keep_last_(options.keep_last), average_last_(options.average_last) {}

RunFolder::RunFolder(const FitOptions& options) : RunFolder(options, Reader()) {
  make_folder(path_);
  lock_ = std::make_unique<FolderLock>(path_);
  require_free(options);
}

bool RunFolder::has_run() const { return fs::exists(state_file()); }

// A run saves a state before anything else, so weights alone are none.
void RunFolder::require_free(const FitOptions& options) const {
  if (options.overwrite && !options.resume) return;
  require<Error>(!fs::exists(weights()) || has_run(),
                 "{}: need a folder without weights to begin a run in, got model.safetensors without a state; "
                 "overwrite replaces it",
                 path_.string());
  require<Error>(!has_run() || options.resume,
                 "{}: need a folder without a run to begin one, got one that holds a run already; resume goes on with "
                 "it, overwrite replaces it",
                 path_.string());
}

void RunFolder::keep_best(nn::ModuleBase& model) { nn::save_weights(weights(), model); }

void RunFolder::keep_unjudged(nn::ModuleBase& model) { keep_best(model); }

void RunFolder::restore_best(nn::ModuleBase& model) { nn::load_weights(weights(), model); }

void RunFolder::keep_recent(nn::ModuleBase& model, int64_t step) {
  if (keep_last_ == 0) return;
  make_folder(path_ / "last");
  nn::save_weights(path_ / "last" / fmt::format("{}{:09}{}", before_step, step, behind_step), model);
}

std::vector<std::pair<int64_t, fs::path>> RunFolder::recent() const {
  std::vector<std::pair<int64_t, fs::path>> files;
  if (!fs::exists(path_ / "last")) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_ / "last"))
    if (const int64_t step = step_of(entry.path().filename().string()); step >= 0)
      files.emplace_back(step, entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void RunFolder::saved(bool) {
  const auto files = recent();
  for (size_t i = 0; i + static_cast<size_t>(keep_last_) < files.size(); ++i) fs::remove(files[i].second);
}

void RunFolder::forget_after(int64_t step) {
  for (const auto& [of, file] : recent())
    if (of > step) fs::remove(file);
  if (step == 0) fs::remove(path_ / "average.safetensors");
}

bool RunFolder::load_last_average(nn::ModuleBase& model) {
  const auto files = recent();
  if (!average_last_ || files.empty()) return false;
  const NoGrad unrecorded;
  nn::NamedTensors mean;
  for (const auto& [step, file] : files) {
    nn::load_weights(file, model);
    const nn::NamedTensors now = model.state_dict();
    if (mean.empty()) mean = now;
    for (size_t i = 0; i < mean.size(); ++i) {
      const bool averaged = is_float(now[i].tensor.dtype()) && &file != &files.front().second;
      mean[i].tensor = averaged ? mean[i].tensor + now[i].tensor : now[i].tensor.clone();
    }
  }
  for (nn::NamedTensor& entry : mean)
    if (is_float(entry.tensor.dtype())) entry.tensor = entry.tensor * (1.0 / static_cast<double>(files.size()));
  model.load_state_dict(mean);
  nn::save_weights(path_ / "average.safetensors", model);
  return true;
}

std::string RunFolder::what_is_left() const {
  if (replaces_model(path_)) return fmt::format("the model from before is still in {}", standing_model(path_).string());
  return fs::exists(weights()) ? fmt::format("the last good weights are in {}", weights().string())
                               : "no good weights were saved";
}

void MemoryKeeper::keep_best(nn::ModuleBase& model) {
  best_ = model.state_dict();
  for (nn::NamedTensor& entry : best_) entry.tensor = entry.tensor.clone();
}

void MemoryKeeper::restore_best(nn::ModuleBase& model) { model.load_state_dict(best_); }

std::string MemoryKeeper::what_is_left() const {
  return best_.empty() ? "no good weights were kept" : "the model has the last finite weights";
}

}  // namespace grus::training
