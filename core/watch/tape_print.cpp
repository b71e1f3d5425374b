#include "core/watch/tape_print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "core/base/fold.h"
#include "core/base/text_table.h"
#include "core/tensor/raw.h"

namespace grus {
namespace {

/// Returns one key a record. Keys are equal where op, module and ranks are; sizes may differ.
std::vector<size_t> look_alike_keys(const Tape& tape) {
  std::vector<size_t> keys;
  for (size_t i = 0; i < tape.size(); ++i) {
    const Record& record = tape.record(i);
    std::string key = fmt::format("{} {} {}", static_cast<const void*>(record.op), record.scope, record.outputs);
    for (int32_t input : record.inputs)  // the leading axis of a ragged batch shrinks with time
      key += fmt::format(" {}", input == -1 ? -1 : tape.value(input_value(input)).shape.rank());
    keys.push_back(std::hash<std::string>()(key));
  }
  return keys;
}

/// Returns the values' shapes. Equal neighbours are counted ("11x (8, 512)"), and only the first groups are shown.
std::string shapes_of(const Tape& tape, std::span<const int32_t> values) {
  constexpr size_t most_groups = 7;
  std::vector<std::pair<std::string, int>> groups;
  for (int32_t value : values) {
    const std::string shape = value == -1 ? "-" : to_string(tape.value(input_value(value)).shape);
    if (groups.empty() || groups.back().first != shape) groups.emplace_back(shape, 0);
    ++groups.back().second;
  }
  std::string text;
  for (size_t i = 0; i < std::min(groups.size(), most_groups); ++i) {
    const auto& [shape, times] = groups[i];
    text += text.empty() ? "" : " ";
    text += times > 1 ? fmt::format("{}x {}", times, shape) : shape;
  }
  return groups.size() > most_groups ? text + " ..." : text;
}

std::vector<int32_t> outputs_of(const Record& record) {
  std::vector<int32_t> values;
  for (int32_t k = 0; k < record.outputs; ++k) values.push_back(record.first_output + k);
  return values;
}

std::string bytes_text(size_t bytes) {
  if (bytes < 10000) return fmt::format("{} B", bytes);
  return bytes < 10000000 ? fmt::format("{:.0f} kB", 1e-3 * static_cast<double>(bytes))
                          : fmt::format("{:.0f} MB", 1e-6 * static_cast<double>(bytes));
}

std::string time_text(int64_t nanoseconds) {
  return nanoseconds ? fmt::format("{:.3f}", 1e-6 * static_cast<double>(nanoseconds)) : "-";
}

/// A Repeat says that a line stands for `times` records, each `stride` records after the one before. Nested repeats
/// multiply.
struct Repeat {
  size_t stride, times;
};

class Printer {
 public:
  explicit Printer(const Tape& tape)
      : tape_(tape), table_({">#", "op", "module", "inputs", "output", ">saved", ">forward ms", ">backward ms"}) {}

  void add(const std::vector<Fold>& pieces, std::vector<Repeat>& outer) {
    for (const Fold& piece : pieces) {
      if (piece.times == 1) {
        add_record(piece.begin, outer);
        continue;
      }
      table_.add({"", fmt::format("{:{}}x {}", "", 2 * outer.size(), piece.times),
                  fmt::format("records {} to {}", piece.begin, piece.begin + piece.length * piece.times - 1), "", "",
                  "", "", ""});
      outer.push_back({piece.length, piece.times});
      add(piece.body, outer);
      outer.pop_back();
    }
  }

  std::string text() const { return table_.to_string(); }

 private:
  void add_record(size_t index, const std::vector<Repeat>& outer) {
    std::vector<size_t> all{index};
    for (const Repeat& repeat : outer) {
      const size_t ones = all.size();
      for (size_t t = 1; t < repeat.times; ++t)
        for (size_t i = 0; i < ones; ++i) all.push_back(all[i] + t * repeat.stride);
    }
    size_t saved = 0;
    int64_t forward = 0, backward = 0;
    for (size_t i : all) {
      saved += tape_.record(i).saved_bytes;
      forward += tape_.record(i).forward_ns;
      backward += tape_.record(i).backward_ns;
    }
    const Record& record = tape_.record(index);
    table_.add({fmt::format("{}", index), fmt::format("{:{}}{}", "", 2 * outer.size(), record.op->name()), record.scope,
                shapes_of(tape_, record.inputs), shapes_of(tape_, outputs_of(record)), bytes_text(saved),
                time_text(forward), time_text(backward)});
  }

  const Tape& tape_;
  TextTable table_;
};

}  // namespace

size_t saved_bytes(const Tape& tape) {
  std::unordered_set<const DeviceBuffer*> seen;
  size_t bytes = 0;
  for (size_t i = 0; i < tape.size(); ++i)
    for (const Tensor& tensor : tape.record(i).saved)
      if (tensor.defined() && seen.insert(Raw::view(tensor).buffer).second) bytes += Raw::view(tensor).buffer->bytes;
  return bytes;
}

std::string to_string(const Tape& tape) {
  Printer printer(tape);
  std::vector<Repeat> outer;
  printer.add(fold_repeats(look_alike_keys(tape)), outer);
  return printer.text() + fmt::format("{} records, {} leaves, {} held\n", tape.size(), tape.leaves().size(),
                                      bytes_text(saved_bytes(tape)));
}

void print(const Tape& tape) { fmt::print("{}", to_string(tape)); }

std::string dot(const Tape& tape) {
  std::string nodes, edges;
  std::set<int32_t> sources;
  std::unordered_map<const Record*, size_t> index;
  for (size_t i = 0; i < tape.size(); ++i) {
    const Record& record = tape.record(i);
    index[&record] = i;
    nodes += fmt::format("  r{} [label=\"{}\\n{}\", tooltip=\"{}\"];\n", i, record.op->name(),
                         shapes_of(tape, outputs_of(record)), record.scope);
  }
  for (size_t i = 0; i < tape.size(); ++i)
    for (int32_t value : tape.record(i).inputs) {
      if (value < 0) continue;
      const Tape::Value& v = tape.value(value);
      if (v.producer) {
        edges += fmt::format("  r{} -> r{} [label=\"{}\"];\n", index[v.producer], i, v.shape);
        continue;
      }
      if (sources.insert(value).second)
        nodes += fmt::format("  v{} [label=\"{}\\n{}\", shape=ellipse];\n", value, v.leaf ? "parameter" : "watched",
                             v.shape);
      edges += fmt::format("  v{} -> r{};\n", value, i);
    }
  return "digraph tape {\n  node [shape=box, fontname=\"sans-serif\"];\n" + nodes + edges + "}\n";
}

}  // namespace grus
