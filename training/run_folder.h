#pragma once
// Keepers of fit(): a folder, or memory.
#include <memory>

#include "core/base/folder_lock.h"
#include "training/fit_options.h"
#include "training/keeper.h"

namespace grus::training {

/// A RunFolder holds one run: model.safetensors, state.safetensors, last/step-N.safetensors, average.safetensors. Every
/// file appears whole. Nobody else runs in it meanwhile.
class RunFolder : public Keeper {
 public:
  /// Makes and locks the folder. Throws Error for one that cannot be made, that another process holds, or that holds a
  /// run which the options neither resume nor overwrite.
  explicit RunFolder(const FitOptions& options);
  /// Reads a folder that another rank holds.
  struct Reader {};
  RunFolder(const FitOptions& options, Reader);
  /// Says whether the folder holds a state to go on from.
  bool has_run() const;

  const std::filesystem::path& folder() const override { return path_; }
  std::filesystem::path state_file() const override { return path_ / "state.safetensors"; }
  std::filesystem::path weights() const { return path_ / "model.safetensors"; }
  void keep_best(nn::ModuleBase& model) override;
  void restore_best(nn::ModuleBase& model) override;
  void keep_recent(nn::ModuleBase& model, int64_t step) override;
  bool load_last_average(nn::ModuleBase& model) override;
  void saved(bool judged) override;
  void keep_unjudged(nn::ModuleBase& model) override;
  std::string what_is_left() const override;

  /// Forgets weights of judgements that the run has not come to.
  void forget_after(int64_t step);

 private:
  void require_free(const FitOptions& options) const;
  std::vector<std::pair<int64_t, std::filesystem::path>> recent() const;  // oldest first

  std::filesystem::path path_;
  int64_t keep_last_;
  bool average_last_;
  std::unique_ptr<FolderLock> lock_;
};

/// A run without a folder keeps its best weights in memory, and no state.
class MemoryKeeper : public Keeper {
 public:
  const std::filesystem::path& folder() const override { return none_; }
  std::filesystem::path state_file() const override { return {}; }
  void keep_best(nn::ModuleBase& model) override;
  void restore_best(nn::ModuleBase& model) override;
  std::string what_is_left() const override;

 private:
  std::filesystem::path none_;
  nn::NamedTensors best_;
};

}  // namespace grus::training
