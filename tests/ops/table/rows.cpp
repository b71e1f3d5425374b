#include "tests/ops/table/row.h"

namespace grus::test {

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> joined;
    for (const auto family :
         {elementwise_rows, select_rows, matmul_rows, reduce_rows, softmax_rows, loss_rows, dropout_rows, shape_rows,
          index_rows, sequence_rows, gru_rows, lstm_rows, scan_rows, attention_rows_of_table, tape_rows, kernel_rows})
      for (Row& row : family()) joined.push_back(std::move(row));
    return joined;
  }();
  return all;
}

}  // namespace grus::test
