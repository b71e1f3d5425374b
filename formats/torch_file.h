#pragma once
// State dicts of PyTorch, as torch.save writes them since version 1.6 (a zip archive of a pickle and of storages) and
// torch.load reads them with weights_only. No code of a pickle is ever run (formats/pickle.h).
// Sources: torch_reader.cpp, torch_writer.cpp.
#include <filesystem>

#include "nn/module.h"

namespace grus::formats {

/// Reads all tensors of a dict, of dicts in it by names joined by dots ("model.gru.weight_ih_l0"), and of lists by
/// numbers; other values, such as an epoch's number, are passed over. Types are those of read_safetensors, and i8 and
/// i16 become i32. Tensors that share memory there are copies here. Throws DataError, naming file and entry, for other
/// types, code in the pickle (by its name), a tensor outside of its storage, files of before 1.6 and TorchScript, and
/// what is cut short or damaged.
nn::NamedTensors read_torch(const std::filesystem::path& path, Device device = default_device());

/// Writes a state dict, a file that appears whole or not at all. The same tensors give the same bytes. Throws
/// UsageError for a name given twice or not in UTF-8.
void write_torch(const std::filesystem::path& path, const nn::NamedTensors& tensors);

}  // namespace grus::formats
