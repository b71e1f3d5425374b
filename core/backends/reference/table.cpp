// The reference backend's table: one device, always there.
#include "core/backends/reference/reference.h"

namespace grus {
namespace reference {
namespace {

Status open(int index, Context** context) {
  if (index != 0) {
    error_message() = "there is one reference device, number 0";
    return Status::failed;
  }
  // There is nothing to keep, but a context says which device it is, also to those who begin with a copy of this table.
  *context = reinterpret_cast<Context*>(new char);
  return Status::ok;
}

void close(Context* context) { delete reinterpret_cast<char*>(context); }
const char* describe(Context*) { return "plain loops on one thread: the specification"; }
const char* last_error(Context*) { return error_message().c_str(); }
void release_entry(Context*, Buffer* buffer) { release(buffer); }
void trim(Context*) {}
void drop_derived_entry(Context*, Buffer* buffer) { drop_derived(buffer); }
Status synchronize(Context*) { return Status::ok; }

}  // namespace
}  // namespace reference

const KernelTable& reference_backend() {
  static const KernelTable table = {
      .abi = kernels_abi,
      .name = "reference",
      .keeps_from = SIZE_MAX,
      .open = reference::open,
      .close = reference::close,
      .describe = reference::describe,
      .last_error = reference::last_error,
      .allocate = reference::entry<reference::allocate>,
      .release = reference::release_entry,
      .drop_derived = reference::drop_derived_entry,
      .trim = reference::trim,
      .upload = reference::entry<reference::upload>,
      .download = reference::entry<reference::download>,
      .synchronize = reference::synchronize,
      .copy = reference::entry<reference::copy>,
      .fill = reference::entry<reference::fill>,
      .unary = reference::entry<reference::unary>,
      .unary_gradient = reference::entry<reference::unary_gradient>,
      .binary = reference::entry<reference::binary>,
      .binary_gradient = reference::entry<reference::binary_gradient>,
      .compare = reference::entry<reference::compare>,
      .select = reference::entry<reference::select>,
      .reduce = reference::entry<reference::reduce>,
      .arg_reduce = reference::entry<reference::arg_reduce>,
      .gemm = reference::entry<reference::gemm>,
      .gather_rows = reference::entry<reference::gather_rows>,
      .scatter_add_rows = reference::entry<reference::scatter_add_rows>,
      .softmax = reference::entry<reference::softmax>,
      .softmax_gradient = reference::entry<reference::softmax_gradient>,
      .top_k = reference::entry<reference::top_k>,
      .random = reference::entry<reference::random>,
      .optimizer_step = reference::entry<reference::optimizer_step>,
      .gru_gates = reference::entry<reference::gru_gates>,
      .gru_gates_backward = reference::entry<reference::gru_gates_backward>,
      .attention = reference::entry<reference::attention>,
      .attention_backward = reference::entry<reference::attention_backward>,
      .cross_entropy = reference::entry<reference::cross_entropy>,
      .lstm_gates = reference::entry<reference::lstm_gates>,
      .lstm_gates_backward = reference::entry<reference::lstm_gates_backward>,
      .run_parts = nullptr,
  };
  return table;
}

}  // namespace grus
