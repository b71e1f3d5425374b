#pragma once
// Weights are kept in safetensors files (huggingface.co/docs/safetensors), which PyTorch reads and writes too. All that
// a file claims is checked against its size before it is believed. Files written here bear a checksum of all their
// bytes (core/base/checksum.h) in their metadata, as "grus.checksum", which is checked when they are read; files of
// other programs need none.
#include <filesystem>
#include <map>

#include "nn/module.h"
#include "nn/quantize.h"

namespace grus::nn {

using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  NamedTensors tensors;               // in the order of the file's bytes
  Metadata metadata;                  // without the checksum
  WeightForm form = WeightForm::f32;  // int8 or q4_0, where matrices were so; they are f32 now
};

/// Reads F32, F64, I32, I64, BOOL, U8, F16 and BF16 as they are; matrices in int8 and q4_0 become f32
/// (nn/stored_tensors.h). Throws DataError that names the file and what was expected.
TensorFile read_safetensors(const std::filesystem::path& path, Device device = default_device());
/// Returns the form of a file's matrices by its header alone: bf16, int8 or q4_0 where it has any, else f32. Throws as
/// read_safetensors does.
WeightForm weight_form(const std::filesystem::path& path);
/// Writes a file that appears whole or not at all, with matrices of f32 in a form. Throws UsageError for a name given
/// twice, a text that is not UTF-8 and matrices that the form cannot hold, Error when the file cannot be written.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors, const Metadata& metadata = {},
                       WeightForm form = WeightForm::f32);
/// Returns the bytes of such a file.
std::string safetensors_bytes(const NamedTensors& tensors, const Metadata& metadata = {},
                              WeightForm form = WeightForm::f32);

/// Files name the convention of each GRU that is not PyTorch's (nn/gru.h), as "grus.gru" where there is one for all,
/// else as "grus.gru:PATH"; a file that names none has PyTorch's. This throws DataError, beginning with `file`, where a
/// module reads its weights by another one than they were written for.
void check_conventions(const std::string& file, const TensorFile& content, const ModuleBase& module);
/// Returns the key of a path, or of all paths.
std::string convention_key(std::string_view path = {});
/// Returns the convention of the GRU of a path; empty where the metadata name none.
std::string convention_in(const Metadata& metadata, std::string_view path);

/// Writes the state dict. Tied parameters are stored once, and the metadata says alias -> stored name, as PyTorch's
/// save_model does; conventions stand there as check_conventions reads them. Throws as write_safetensors does.
void save_weights(const std::filesystem::path& path, const ModuleBase& module, const Metadata& metadata = {});
/// Reads a file into the module's parameters and buffers. Throws DataError as read_safetensors, check_conventions and
/// load_state_dict do, naming the file.
LoadReport load_weights(const std::filesystem::path& path, ModuleBase& module, bool strict = true);

}  // namespace grus::nn
