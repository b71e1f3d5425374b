// Compiled programs are kept on disk between runs, in GRUS_OPENCL_CACHE, or in grus/opencl of the user's cache folder;
// "off" keeps none. A file's name is a hash of device, driver, options and text, so that whatever changes makes another
// file; the file ends with a hash of the binary.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/backends/opencl/opencl.h"

namespace grus::opencl {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder(cl_device_id device) {
  const auto value = [](const char* name) { return std::string(std::getenv(name) ? std::getenv(name) : ""); };
  if (const std::string given = value("GRUS_OPENCL_CACHE"); !given.empty())
    return given == "off" ? fs::path() : fs::path(given);
  // PoCL keeps a cache of its own, and would have to compile every kernel of a program before it shows the binary.
  if (text_of(device, CL_DEVICE_VERSION).find("PoCL") != std::string::npos) return {};
  if (const std::string cache = value("XDG_CACHE_HOME"); !cache.empty()) return fs::path(cache) / "grus" / "opencl";
  if (const std::string home = value("HOME"); !home.empty()) return fs::path(home) / ".cache" / "grus" / "opencl";
  return {};
}

/// FNV-1a of 64 bits.
uint64_t hash_of(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return hash;
}

std::string compiler_message(cl_program program, cl_device_id device) {
  size_t size = 0;
  if (clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &size) != CL_SUCCESS) return "";
  std::string log(size, '\0');
  clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, size, log.data(), nullptr);
  log = log.c_str();  // without what follows the terminating 0
  const size_t error = log.find("error");
  std::string_view rest(log);
  rest.remove_prefix(error == log.npos ? 0 : log.rfind('\n', error) + 1);
  std::string lines;  // the first ones, as one
  for (int line = 0; line < 3 && !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    lines += fmt::format("{}{}", line > 0 ? " | " : "", one);
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return lines;
}

cl_program from_binary(cl_context context, cl_device_id device, const fs::path& file, const std::string& options) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  // The hash is checked because a driver may well crash on a damaged binary.
  uint64_t hash = 0;
  if (bytes.size() <= sizeof hash) return nullptr;
  bytes.copy(reinterpret_cast<char*>(&hash), sizeof hash, bytes.size() - sizeof hash);
  bytes.resize(bytes.size() - sizeof hash);
  if (hash != hash_of(bytes)) return nullptr;
  const size_t size = bytes.size();
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  cl_int status = CL_SUCCESS, error = CL_SUCCESS;
  cl_program program = clCreateProgramWithBinary(context, 1, &device, &size, &data, &status, &error);
  if (error == CL_SUCCESS && status == CL_SUCCESS &&
      clBuildProgram(program, 1, &device, options.c_str(), nullptr, nullptr) == CL_SUCCESS)
    return program;
  if (program) clReleaseProgram(program);
  return nullptr;  // another driver made it, so it is compiled and written anew
}

/// A cache that cannot be written costs time, not the run.
void keep(cl_program program, const fs::path& file) {
  size_t size = 0;
  if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) != CL_SUCCESS || size == 0)
    return;
  std::string bytes(size, '\0');
  char* data = bytes.data();
  if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof data, &data, nullptr) != CL_SUCCESS) return;
  const uint64_t hash = hash_of(bytes);
  bytes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  std::error_code problem;
  fs::create_directories(file.parent_path(), problem);
  const fs::path part = fmt::format("{}.{}", file.string(), getpid());  // appears whole, also beside another process
  if (std::ofstream stream(part, std::ios::binary);
      !stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    fs::remove(part, problem);
  else stream.close(), fs::rename(part, file, problem);
}

}  // namespace

cl_program build(cl_context context, cl_device_id device, const std::string& text, const std::string& options,
                 const std::string& name) {
  const fs::path folder = cache_folder(device);
  const std::string about = description(device) + '\n' + options + '\n' + text;
  const fs::path file = folder.empty() ? fs::path() : folder / fmt::format("{}-{:016x}.bin", name, hash_of(about));
  if (!file.empty())
    if (cl_program program = from_binary(context, device, file, options)) return program;
  cl_int error = CL_SUCCESS;
  const char* source = text.c_str();
  cl_program program = clCreateProgramWithSource(context, 1, &source, nullptr, &error);
  check(error, "clCreateProgramWithSource");
  if (clBuildProgram(program, 1, &device, options.c_str(), nullptr, nullptr) != CL_SUCCESS) {
    const std::string message = compiler_message(program, device);
    clReleaseProgram(program);
    throw gpu::Failure{Status::failed, fmt::format("the kernels {} do not compile here: {}", name, message)};
  }
  if (!file.empty()) keep(program, file);
  return program;
}

}  // namespace grus::opencl
