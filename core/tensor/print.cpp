#include "core/tensor/print.h"

#include <fmt/format.h>

#include <algorithm>

namespace grus {

namespace {

constexpr int64_t most_shown = 8, shown_at_ends = 3;

std::vector<std::string> elements(const Tensor& x) {
  std::vector<std::string> text;
  const auto add = [&text](const auto& values, const char* pattern) {
    for (const auto& value : values) text.push_back(fmt::format(fmt::runtime(pattern), value));
  };
  switch (x.dtype()) {
    case DType::f32:
      add(x.to_vector<float>(), "{:.4g}");
      break;
    case DType::f64:
      add(x.to_vector<double>(), "{:.4g}");
      break;
    case DType::i32:
      add(x.to_vector<int32_t>(), "{}");
      break;
    case DType::i64:
      add(x.to_vector<int64_t>(), "{}");
      break;
    case DType::boolean:
      for (const bool value : x.to_bools()) text.push_back(value ? "true" : "false");
      break;
    case DType::u8:
      add(x.to_vector<uint8_t>(), "{}");
      break;
    case DType::bf16:
      for (const bfloat16 value : x.to_vector<bfloat16>()) text.push_back(fmt::format("{:.4g}", to_float(value)));
      break;
    case DType::f16:
      for (const float16 value : x.to_vector<float16>()) text.push_back(fmt::format("{:.4g}", to_float(value)));
  }
  return text;
}

class Printer {
 public:
  explicit Printer(const Tensor& x) : shape_(x.shape()), elements_(elements(x)) {
    for (const std::string& e : elements_) width_ = std::max(width_, e.size());
  }
  std::string print() {
    if (shape_.rank() == 0) return elements_[0];
    std::string text;
    axis(0, 0, text);
    return text;
  }

 private:
  void axis(int level, int64_t first, std::string& text) {
    const bool last = level == shape_.rank() - 1;
    int64_t step = 1;
    for (int below = level + 1; below < shape_.rank(); ++below) step *= shape_[below];
    std::string separator = ", ";
    if (!last) {  // one newline, and one more for each axis between this one and the last
      separator.assign(1, ',');
      separator.append(static_cast<size_t>(shape_.rank() - 1 - level), '\n');
      separator.append(static_cast<size_t>(level) + 1, ' ');
    }
    text += '[';
    for (int64_t i = 0; i < shape_[level]; ++i) {
      if (i > 0) text += separator;
      if (shape_[level] > most_shown && i == shown_at_ends) {
        text += "...";
        i = shape_[level] - shown_at_ends - 1;
      } else if (last) {
        text += fmt::format("{:>{}}", elements_[static_cast<size_t>(first + i)], width_);
      } else {
        axis(level + 1, first + i * step, text);
      }
    }
    text += ']';
  }

  Shape shape_;
  std::vector<std::string> elements_;
  size_t width_ = 0;
};

}  // namespace

std::string to_string(const Tensor& x) { return x.defined() ? Printer(x).print() : "undefined"; }

}  // namespace grus
