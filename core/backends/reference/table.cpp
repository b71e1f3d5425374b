// The reference backend's table, which has one device that is always there.
#include "core/backends/reference/left_out.h"
#include "core/backends/reference/reference.h"

namespace grus {
namespace reference {
namespace {

Status open(int index, Context** context) {
  if (index != 0) {
    error_message() = "there is one reference device, number 0";
    return Status::failed;
  }
  // There is nothing to keep, but a context says which device it is, also to backends that copy this table.
  *context = reinterpret_cast<Context*>(new char);
  return Status::ok;
}

void close(Context* context) { delete reinterpret_cast<char*>(context); }
const char* describe(Context*) { return "plain loops on one thread: the specification"; }
const char* last_error(Context*) { return error_message().c_str(); }
void release_entry(Context*, DeviceBuffer* buffer) { release(buffer); }
void trim(Context*) {}
void drop_derived_entry(Context*, DeviceBuffer* buffer) { drop_derived(buffer); }
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
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_KERNEL(need, name, ...) \
  .name = kept<is_left_out_of_reference(#name)>(&KernelTable::name, reference::entry<reference::name>),
#define GRUS_LOOP_ENTRY(name, ...) .name = nullptr,
#include "core/device/kernels.def"
  };
  return table;
}

}  // namespace grus
