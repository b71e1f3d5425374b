// The table's entries lock their machine, run, and turn what is thrown into a Status and a message.
#include <new>

#include "core/backends/gpu/entries.h"

namespace grus::gpu {
namespace {

Machine& machine_of(Context* context) { return *reinterpret_cast<Machine*>(context); }

template <class F>
Status guarded(F f) {
  try {
    f();
    return Status::ok;
  } catch (const Failure& failure) {
    error_message() = failure.message;
    return failure.status;
  } catch (const std::bad_alloc&) {
    error_message() = "the host is out of memory";
    return Status::out_of_memory;
  } catch (const std::exception& error) {
    error_message() = error.what();
    return Status::failed;
  }
}

template <auto kernel, class... Args>
Status entry(Context* context, Args... args) {
  return guarded([&] {
    Machine& m = machine_of(context);
    std::lock_guard lock(m.mutex);
    kernel(m, args...);
  });
}

void close(Context* context) { delete &machine_of(context); }
const char* last_error(Context*) { return error_message().c_str(); }
const char* describe(Context* context) {
  thread_local std::string text;
  text = machine_of(context).describe();
  return text.c_str();
}

void allocate(Machine& m, size_t bytes, DeviceBuffer* buffer) { *buffer = {m.allocate(bytes), bytes, 0, nullptr, 0}; }
void release(Context* context, DeviceBuffer* buffer) {
  Machine& m = machine_of(context);
  std::lock_guard lock(m.mutex);
  if (buffer->handle) m.release(buffer->handle);
  buffer->handle = nullptr;
}
void drop_derived(Context*, DeviceBuffer*) {}  // nothing is derived
void trim(Context*) {}                         // nothing is kept
void upload(Machine& m, DeviceBuffer* to, size_t byte_offset, const void* from, size_t bytes) {
  if (bytes > 0) m.upload(to->handle, byte_offset, from, bytes);
}
void download(Machine& m, void* to, const DeviceBuffer* from, size_t byte_offset, size_t bytes) {
  if (bytes > 0) m.download(to, from->handle, byte_offset, bytes);
  m.check_fault();
}
void synchronize(Machine& m) {
  m.finish();
  m.check_fault();
}

}  // namespace

Status open_with(Machine* (*open)(int), int index, Context** context) {
  return guarded([&] { *context = reinterpret_cast<Context*>(open(index)); });
}

KernelTable make_table(const char* name, Status (*open)(int, Context**)) {
  return {
      .abi = kernels_abi,
      .name = name,
      .keeps_from = SIZE_MAX,
      .open = open,
      .close = close,
      .describe = describe,
      .last_error = last_error,
      .allocate = entry<allocate>,
      .release = release,
      .drop_derived = drop_derived,
      .trim = trim,
      .upload = entry<upload>,
      .download = entry<download>,
      .synchronize = entry<synchronize>,
#define GRUS_DEVICE_ENTRY(...)
#define GRUS_BODY_required(name) entry<name>
#define GRUS_BODY_composed(name) entry<name>
#define GRUS_BODY_hosted(name) nullptr
#define GRUS_BODY_launched(name) entry<name>
#define GRUS_KERNEL(need, name, ...) .name = GRUS_BODY_##need(name),
#define GRUS_LOOP_ENTRY(name, ...) .name = nullptr,
#include "core/device/kernels.def"
  };
}

}  // namespace grus::gpu
