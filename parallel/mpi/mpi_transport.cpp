// MPI as a module: every message is MPI_Isend, MPI_Irecv and MPI_Test, which any MPI has.
#define OMPI_SKIP_MPICXX 1  // the bindings for C++ are gone from MPI-3
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "parallel/transport.h"

namespace grus::parallel {
namespace {

class Mpi : public Transport {
 public:
  Mpi() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int64_t send(int to, int tag, const void* data, size_t bytes) override {
    const int64_t number = free_request();
    MPI_Isend(data, static_cast<int>(bytes), MPI_BYTE, to, tag, MPI_COMM_WORLD, &at(number));
    return number;
  }
  int64_t receive(int from, int tag, void* data, size_t bytes) override {
    const int64_t number = free_request();
    MPI_Irecv(data, static_cast<int>(bytes), MPI_BYTE, from, tag, MPI_COMM_WORLD, &at(number));
    return number;
  }
  bool done(int64_t number) override {
    int flag = 0;
    MPI_Test(&at(number), &flag, MPI_STATUS_IGNORE);
    if (flag) free_.push_back(number);
    return flag != 0;
  }
  int64_t sum_all(void* data, int64_t count, bool is_f64) override {
    const int64_t number = free_request();
    MPI_Iallreduce(MPI_IN_PLACE, data, static_cast<int>(count), is_f64 ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM,
                   MPI_COMM_WORLD, &at(number));
    return number;
  }
  void finish() override { MPI_Finalize(); }

 private:
  MPI_Request& at(int64_t number) { return requests_[static_cast<size_t>(number - 1)]; }
  int64_t free_request() {
    if (free_.empty()) {
      requests_.push_back(MPI_REQUEST_NULL);
      return static_cast<int64_t>(requests_.size());
    }
    const int64_t number = free_.back();
    free_.pop_back();
    return number;
  }
  int rank_ = 0, size_ = 1;
  std::vector<MPI_Request> requests_;
  std::vector<int64_t> free_;
};

}  // namespace
}  // namespace grus::parallel

// The lifeline of ranks has a thread of its own, which calls no MPI.
grus::parallel::TransportModule grus_transport() {
  int initialized = 0, provided = 0;
  MPI_Initialized(&initialized);
  if (!initialized && MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    return {grus::parallel::transport_abi, nullptr, "MPI_Init_thread failed"};
  return {grus::parallel::transport_abi, new grus::parallel::Mpi, nullptr};
}
