#include "data/read/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace grus::data {
namespace {

// Tells whether elements of the type can stand for x; a float may round it, but not to infinity.
bool holds(DType dtype, double x) {
  if (dtype == DType::f32) return !std::isfinite(x) || std::isfinite(static_cast<float>(x));
  return is_representable(x, dtype);
}

}  // namespace

Table::Table(std::string file, std::vector<int64_t> lines, std::vector<Column> columns, bool has_fields)
    : file_(std::move(file)), lines_(std::move(lines)), columns_(std::move(columns)), has_fields_(has_fields) {}

std::vector<std::string> Table::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  return names;
}

bool Table::has(const std::string& name) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) { return column.name == name; });
}

size_t Table::place(const std::string& name) const {
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].name == name) return i;
  fail<UsageError>("[table] need a column of {}: {}, got '{}'", file_,
                   printable(fmt::format("{}", fmt::join(names(), ", "))), Shown{name});
}

const Column& Table::column(const std::string& name) const { return columns_[place(name)]; }

std::string Table::where(size_t row, const std::string& name) const {
  const std::string line = fmt::format("{}:{}", file_, lines_[row]);
  return has_fields_ ? fmt::format("{}:{}", line, place(name) + 1) : line;
}

const std::vector<double>& Table::numbers(const std::string& name) const {
  const Column& found = column(name);
  if (found.type == ColumnType::number) return found.numbers;
  require<UsageError>(found.first_text >= 0, "[table] need '{}' of {} read as numbers, got a column of text",
                      Shown{name}, file_);
  const auto row = static_cast<size_t>(found.first_text);
  fail<DataError>("{}: need a number in '{}', got '{}'", where(row, name), Shown{name}, Shown{found.texts[row]});
}

const std::vector<std::string>& Table::texts(const std::string& name) const {
  const Column& found = column(name);
  require<UsageError>(found.type == ColumnType::text, "[table] need '{}' of {} read as text, got a column of numbers",
                      Shown{name}, file_);
  return found.texts;
}

int64_t Table::missing_count(const std::string& name) const {
  const std::vector<bool>& missing = column(name).missing;
  return std::count(missing.begin(), missing.end(), true);
}

template <class T>
void Table::copy(const std::string& name, std::optional<double> fill, DType dtype, T* to, size_t stride) const {
  const std::vector<double>& values = numbers(name);
  const std::vector<bool>& gaps = missing(name);
  for (size_t row = 0; row < values.size(); ++row) {
    require<DataError>(!gaps[row] || fill.has_value(), "{}: need a number in '{}', got a missing cell",
                       where(row, name), Shown{name});
    const double value = gaps[row] ? *fill : values[row];
    require<DataError>(holds(dtype, value), "{}: need a number in '{}' that {} holds, got {}", where(row, name),
                       Shown{name}, dtype, value);
    to[row * stride] = static_cast<T>(value);
  }
}

template <class T>
Tensor Table::make(const std::vector<std::string>& names, const Shape& shape, DType dtype, std::optional<double> fill,
                   Device device) const {
  std::vector<T> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < names.size(); ++i) copy<T>(names[i], fill, dtype, values.data() + i, names.size());
  return Tensor::from(values, shape, device);
}

Tensor Table::any_dtype(const std::vector<std::string>& names, const Shape& shape, DType dtype,
                        std::optional<double> fill, Device device) const {
  switch (dtype) {
    case DType::f32:
      return make<float>(names, shape, dtype, fill, device);
    case DType::f64:
      return make<double>(names, shape, dtype, fill, device);
    case DType::i32:
      return make<int32_t>(names, shape, dtype, fill, device);
    case DType::i64:
      return make<int64_t>(names, shape, dtype, fill, device);
    case DType::boolean:
    case DType::u8:
    case DType::bf16:
    case DType::f16:
      break;
  }
  fail<DtypeError>("[table] need a dtype of numbers, got {}", dtype);
}

Tensor Table::tensor(const std::string& name, DType dtype, std::optional<double> fill, Device device) const {
  return any_dtype({name}, {rows()}, dtype, fill, device);
}

Tensor Table::matrix(const std::vector<std::string>& names, DType dtype, std::optional<double> fill,
                     Device device) const {
  return any_dtype(names, {rows(), static_cast<int64_t>(names.size())}, dtype, fill, device);
}

std::vector<std::string> Table::classes(const std::string& name) const {
  const std::vector<std::string>& all = texts(name);
  const std::vector<bool>& gaps = missing(name);
  std::vector<std::string> found;
  for (size_t row = 0; row < all.size(); ++row)
    if (!gaps[row]) found.push_back(all[row]);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Tensor Table::class_ids(const std::string& name, const std::vector<std::string>& classes, Device device) const {
  std::map<std::string_view, int64_t> places;
  for (size_t i = 0; i < classes.size(); ++i) places.emplace(classes[i], static_cast<int64_t>(i));
  const std::vector<std::string>& all = texts(name);
  const std::vector<bool>& gaps = missing(name);
  std::vector<int64_t> ids;
  for (size_t row = 0; row < all.size(); ++row) {
    const auto found = places.find(all[row]);
    require<DataError>(!gaps[row], "{}: need a class in '{}', got a missing cell", where(row, name), Shown{name});
    require<DataError>(found != places.end(), "{}: need one of the {} classes in '{}', got '{}'", where(row, name),
                       classes.size(), Shown{name}, Shown{all[row]});
    ids.push_back(found->second);
  }
  return Tensor::from(ids, device);
}

}  // namespace grus::data
