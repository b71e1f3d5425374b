// What ranks must have alike besides the options of their run.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/base/checksum.h"
#include "core/base/threads.h"
#include "report/machine.h"
#include "training/ranks.h"

namespace grus::training {
namespace {

std::string checksum_of_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> part(1 << 16);
  Crc32 crc;
  while (file.read(part.data(), static_cast<std::streamsize>(part.size())) || file.gcount() > 0)
    crc.add({part.data(), static_cast<size_t>(file.gcount())});
  return checksum_text(crc.value());
}

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string all{std::istreambuf_iterator<char>(file), {}};
  const size_t program = std::min(all.find('\0'), all.size());
  all.erase(0, program);  // hosts may have it in different folders
  for (char& character : all)
    if (character == '\0') character = ' ';
  return fmt::format("'{}'", all.substr(0, 2000));
}

}  // namespace

Facts process_facts() {
  return {{"program", checksum_of_file("/proc/self/exe")},
          {"command line", command_line()},
          {"threads", fmt::format("{}", num_threads())}};
}

std::string machine_fact() {
  const std::string cpu = report::cpu_name();
  return fmt::format("{} ({})", cpu.empty() ? "an unknown CPU" : cpu, report::device_text());
}

}  // namespace grus::training
