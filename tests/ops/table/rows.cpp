#include <algorithm>

#include "tests/ops/table/row.h"

namespace grus::test {

const Tensor& Inputs::operator[](std::string_view name) const {
  static const Tensor none;
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return none;
  const auto i = static_cast<size_t>(found - names_.begin());
  read_[i] = true;
  return tensors_[i];
}

const Tensor& Inputs::first() const {
  read_.at(0) = true;
  return tensors_.front();
}

Xs Inputs::all() const {
  read_.assign(read_.size(), true);
  return tensors_;
}

Inputs Inputs::with(std::string_view name, const Tensor& tensor) const {
  Inputs other(names_, tensors_);
  for (size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) other.tensors_[i] = tensor;
  return other;
}

std::vector<std::string> Inputs::unread() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < names_.size(); ++i)
    if (!read_[i]) names.push_back(names_[i]);
  return names;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> joined;
    for (const auto family :
         {elementwise_rows,   select_rows,        matmul_rows, product_rows,    reduce_rows,
          along_rows,         softmax_rows,       loss_rows,   similarity_rows, ctc_rows,
          dropout_rows,       sampling_rows,      shape_rows,  piece_rows,      index_rows,
          sequence_rows,      gru_rows,           lstm_rows,   scan_rows,       attention_rows_of_table,
          dot_attention_rows, norm_rows_of_table, conv_rows,   position_rows,   tape_rows,
          kernel_rows})
      for (Row& row : family()) joined.push_back(std::move(row));
    for (Row& row : joined)
      for (Sample& sample : row.samples) {
        for (const Input& input : sample.inputs) sample.f.names.push_back(input.name);
        sample.twin.names = sample.f.names;
      }
    return joined;
  }();
  return all;
}

}  // namespace grus::test
