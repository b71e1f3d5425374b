#pragma once
// A run is stopped by a signal: it ends its step, saves its state and can be resumed.
//   const training::StopOnSignal guard;
//   fit(model, optimizer, batches, loss, {.epochs = 10, .out = "run", .stop = training::stop_requested});

namespace grus::training {

/// While it lives, the first Ctrl-C or SIGTERM makes stop_requested() true, and the second ends the process.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
};
bool stop_requested();
void request_stop(bool on = true);

}  // namespace grus::training
