#pragma once
// What a message passing library does for ranks: messages between two of them. All that ranks do together is made of
// these (parallel/communicator.h), so that MPI is one module which is loaded when a launcher has started several ranks.
// Sources: parallel/mpi/mpi_transport.cpp.
#include <cstddef>
#include <cstdint>

namespace grus::parallel {

/// Version of this interface, which a module must have been built with.
inline constexpr int64_t transport_abi = 2;

/// A Transport is used by one thread at a time. Messages between two ranks with one tag arrive in the order they were
/// sent. A request is a number above 0; its memory stays untouched until done() said true, which it does once.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int64_t send(int to, int tag, const void* data, size_t bytes) = 0;
  virtual int64_t receive(int from, int tag, void* data, size_t bytes) = 0;
  virtual bool done(int64_t request) = 0;
  /// Begins to add up numbers over all ranks, in place and in whatever order is the library's fastest; all ranks begin
  /// their sums in one order.
  virtual int64_t sum_all(void* data, int64_t count, bool is_f64) = 0;
  /// Is the last call, where all ranks end in good order.
  virtual void finish() = 0;
};

/// What a module gives: a transport, or one sentence that says why there is none.
struct TransportModule {
  int64_t abi;
  Transport* transport;
  const char* problem;
};

}  // namespace grus::parallel

/// A module exports this one symbol.
extern "C" [[gnu::visibility("default")]] grus::parallel::TransportModule grus_transport();
