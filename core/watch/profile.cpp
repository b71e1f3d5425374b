#include "core/watch/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "core/base/atomic_file.h"
#include "core/base/scope.h"
#include "core/base/text_table.h"
#include "core/watch/profile_events.h"
#include "core/watch/tape_observer.h"

namespace grus {
namespace {

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool computes(const KernelCall& call) { return call.flops > 0 || call.bytes > 0; }

/// Tells whether a call is for memory, a transfer or a wait. Such a call belongs to no op: the caching allocator and
/// the host make it when they like.
bool is_memory(const KernelCall& call) {
  static constexpr const char* names[] = {"allocate", "release",  "drop_derived", "trim",
                                          "upload",   "download", "synchronize"};
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* n) { return std::string_view(n) == call.entry; });
}

std::string shapes_of(const Tape& tape, const Record& record) {
  std::string text;
  for (int32_t k = 0; k < record.outputs; ++k)
    text += fmt::format("{}{}", k ? ", " : "", tape.value(record.first_output + k).shape);
  return text;
}

}  // namespace

class Profile::Recorder : public KernelObserver, public TapeObserver {
 public:
  Recorder() : start(now()), tapes_(*this), calls_(*this) {}

  bool waits() const override { return true; }

  void called(const KernelCall& call) override {
    const auto& observers = tape_observers();
    // Calls of other threads, and those that observers make (UnobservedScope), do not count.
    if (std::find(observers.begin(), observers.end(), this) == observers.end()) return;
    if (!computes(call) && !is_memory(call)) return;
    KernelEvent event{call, current_scope(), nullptr, Phase::outside};
    if (!is_memory(call)) {
      if (running_) {
        event.owner = running_->op;
        event.scope = running_->scope;
        event.phase = Phase::backward;
        running_->backward_ns += call.nanoseconds;
      } else if (const Tape* tape = Tape::active(); tape && !tape->walked()) {
        pending_.push_back(kernels.size());
      }
    }
    kernels.push_back(event);
  }

  void recorded(const Tape& tape, Record& record, std::span<const TensorArg>, std::span<const Tensor>) override {
    if (running_) return;  // create_graph records what a backward function calls
    const int64_t end = now();
    OpEvent event{record.op, record.scope, Phase::forward, end, 0, shapes_of(tape, record)};
    for (size_t i : pending_) {
      kernels[i].owner = record.op;
      kernels[i].phase = Phase::forward;
      event.start = std::min(event.start, kernels[i].call.start);
      record.forward_ns += kernels[i].call.nanoseconds;
    }
    pending_.clear();
    event.nanoseconds = end - event.start;
    ops.push_back(event);
  }

  void backward_begins(const Tape& tape, Record& record, const Grads&) override {
    pending_.clear();
    if (running_) return;
    running_ = &record;
    ops.push_back({record.op, record.scope, Phase::backward, now(), 0, shapes_of(tape, record)});
  }

  void backward_ends(const Tape&, Record& record, Grads&) override {
    if (running_ != &record) return;
    running_ = nullptr;
    ops.back().nanoseconds = now() - ops.back().start;
  }

  const int64_t start;
  std::vector<KernelEvent> kernels;
  std::vector<OpEvent> ops;

 private:
  Record* running_ = nullptr;    // the record whose backward function runs
  std::vector<size_t> pending_;  // kernels that wait for their op to record itself
  TapeObserverScope tapes_;
  KernelObserverScope calls_;
};

Profile::Profile() : recorder_(std::make_unique<Recorder>()) {}
Profile::~Profile() = default;

namespace {

std::string kernel_name(const KernelCall& call) {
  return *call.variant_name ? fmt::format("{} {}", call.entry, call.variant_name) : call.entry;
}

std::string name_of(const KernelEvent& event, Profile::By by) {
  if (by == Profile::By::kernel) return kernel_name(event.call);
  if (by == Profile::By::module && (event.owner || *event.scope)) return *event.scope ? event.scope : "(no module)";
  return event.owner ? event.owner->name() : fmt::format("({})", kernel_name(event.call));
}

double milliseconds(int64_t nanoseconds) { return 1e-6 * static_cast<double>(nanoseconds); }

std::string rate(double amount, int64_t nanoseconds) {
  return amount > 0 && nanoseconds > 0 ? fmt::format("{:.1f}", amount / static_cast<double>(nanoseconds)) : "-";
}

}  // namespace

std::vector<Profile::Row> Profile::rows(By by) const {
  std::map<std::string, Row> rows;
  for (const KernelEvent& event : recorder_->kernels) {
    Row& row = rows[name_of(event, by)];
    if (by != By::op || !event.owner) ++row.calls;
    row.nanoseconds += event.call.nanoseconds;
    if (event.phase == Phase::forward) row.forward += event.call.nanoseconds;
    if (event.phase == Phase::backward) row.backward += event.call.nanoseconds;
    row.flops += event.call.flops;
    row.bytes += event.call.bytes;
  }
  if (by == By::op)
    for (const OpEvent& event : recorder_->ops)
      if (event.phase == Phase::forward) ++rows[event.op->name()].calls;
  std::vector<Row> sorted;
  for (auto& [name, row] : rows) {
    row.name = name;
    sorted.push_back(std::move(row));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Row& a, const Row& b) { return a.nanoseconds > b.nanoseconds; });
  return sorted;
}

std::string Profile::table(By by) const {
  const int64_t wall = now() - recorder_->start;
  int64_t total = 0;
  for (const KernelEvent& event : recorder_->kernels) total += event.call.nanoseconds;
  static constexpr const char* heads[] = {"op", "module", "kernel"};
  TextTable table(
      {heads[static_cast<int>(by)], ">calls", ">ms", ">share", ">forward", ">backward", ">GFLOP/s", ">GB/s", ">MB"});
  for (const Row& row : rows(by))
    table.add({row.name, fmt::format("{}", row.calls), fmt::format("{:.2f}", milliseconds(row.nanoseconds)),
               fmt::format("{:.1f} %", 100 * static_cast<double>(row.nanoseconds) /
                                           static_cast<double>(std::max<int64_t>(total, 1))),
               row.forward ? fmt::format("{:.2f}", milliseconds(row.forward)) : "-",
               row.backward ? fmt::format("{:.2f}", milliseconds(row.backward)) : "-", rate(row.flops, row.nanoseconds),
               rate(row.bytes, row.nanoseconds), fmt::format("{:.1f}", 1e-6 * row.bytes)});
  return table.to_string() + fmt::format("kernels {:.2f} ms of {:.2f} ms\n", milliseconds(total), milliseconds(wall));
}

std::string Profile::trace_events(int process, const std::string& name, const std::vector<Span>& spans) const {
  const std::string title = fmt::format(R"({{"name": "process_name", "ph": "M", "pid": {}, "args": {{"name": {}}}}})",
                                        process, trace_text(name));
  const std::string events = grus::trace_events(recorder_->ops, recorder_->kernels, spans, process, recorder_->start);
  return events.empty() ? title : title + ",\n" + events;
}

void Profile::write_trace(const std::filesystem::path& path) const {
  int64_t zero = INT64_MAX;
  for (const OpEvent& e : recorder_->ops) zero = std::min(zero, e.start);
  for (const KernelEvent& e : recorder_->kernels) zero = std::min(zero, e.call.start);
  write_file_atomically(path, trace_file({grus::trace_events(recorder_->ops, recorder_->kernels, {}, 1, zero)}));
}

}  // namespace grus
